using GpuCtr.Data.Batches;

namespace GpuCtr.Training.Reports;

/// <summary>How much of the lists of a column is read.</summary>
/// <param name="Name">The column.</param>
/// <param name="Rows">Which rows: train, valid or test.</param>
/// <param name="MaxLength">The most entries that are read, the last ones.</param>
/// <param name="Count">Rows.</param>
/// <param name="CutRows">Rows with more entries.</param>
/// <param name="CutEntries">Entries of theirs that are not read.</param>
internal sealed record ListUsage(string Name, string Rows, int MaxLength, long Count, long CutRows, long CutEntries)
{
    /// <summary>Usage of every list.</summary>
    /// <param name="rows">What the rows are called.</param>
    /// <param name="data">The rows, which were read.</param>
    public static IEnumerable<ListUsage> Of(string rows, Dataset data) => data.Statistics.CutLists()
        .Select((cut, s) => new ListUsage(cut.Field, rows, data.Encoder.Spec.Sequences[s].MaxLength, data.Statistics.Rows, cut.Rows, cut.Values));
}

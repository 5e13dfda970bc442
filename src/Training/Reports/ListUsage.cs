using GpuCtr.Data.Batches;

namespace GpuCtr.Training.Reports;

/// <summary>How many entries of the lists of a column are read.</summary>
/// <param name="Name">The column.</param>
/// <param name="Rows">Which rows: train, valid or test.</param>
/// <param name="MaxLength">The last so many entries are read.</param>
/// <param name="Count">Rows.</param>
/// <param name="CutRows">Rows with more entries than that.</param>
/// <param name="CutEntries">Entries of these rows that are not read.</param>
internal sealed record ListUsage(string Name, string Rows, int MaxLength, long Count, long CutRows, long CutEntries)
{
    /// <summary>Usage of every list.</summary>
    /// <param name="rows">Name of the rows: train, valid or test.</param>
    /// <param name="data">The rows, already read.</param>
    public static IEnumerable<ListUsage> Of(string rows, Dataset data) => data.Statistics.CutLists()
        .Select((cut, s) => new ListUsage(cut.Field, rows, data.Encoder.Spec.Sequences[s].MaxLength, data.Statistics.Rows, cut.Rows, cut.Values));
}

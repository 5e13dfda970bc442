using GpuCtr.Training.Explanations;

namespace GpuCtr.Training.Reports;

/// <summary>Results of an evaluation for the report.</summary>
/// <param name="Name">Which rows: valid or test.</param>
/// <param name="Metrics">Their metrics.</param>
/// <param name="Sample">Scores of single rows; null for models that predict items.</param>
/// <param name="Tables">How the tables are used.</param>
/// <param name="Lists">How many entries of the lists are read.</param>
internal sealed record EvaluatedRows(string Name, Evaluation Metrics, RowSample? Sample, IReadOnlyList<TableUsage> Tables, IReadOnlyList<ListUsage> Lists)
{
    /// <summary>What the model loses without each column; null if it was not requested.</summary>
    public Importance? Importance { get; init; }
}

namespace GpuCtr.Training.Reports;

/// <summary>What the evaluated rows told.</summary>
/// <param name="Name">Which rows: valid or test.</param>
/// <param name="Metrics">Their metrics.</param>
/// <param name="Sample">Scores of single rows.</param>
/// <param name="Tables">How the tables are used.</param>
/// <param name="Lists">How much of the lists is read.</param>
internal sealed record EvaluatedRows(string Name, Evaluation Metrics, RowSample Sample, IReadOnlyList<TableUsage> Tables, IReadOnlyList<ListUsage> Lists);

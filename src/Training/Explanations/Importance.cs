using System.Text.Json.Serialization;
using static System.FormattableString;

namespace GpuCtr.Training.Explanations;

/// <summary>How much worse a metric became: a fall of AUC or NDCG, a rise of logloss.</summary>
/// <param name="Mean">Mean over repeats; below 0: it became better.</param>
/// <param name="Error">Standard error of the mean; null of one repeat.</param>
internal sealed record Loss(double Mean, double? Error)
{
    /// <summary>Of several repeats.</summary>
    public static Loss Of(IReadOnlyList<double> values)
    {
        double mean = values.Average(), squares = values.Sum(v => (v - mean) * (v - mean));
        return new(mean, values.Count < 2 ? null : Math.Sqrt(squares / (values.Count - 1) / values.Count));
    }

    /// <summary>Mean and error as text; null: not defined.</summary>
    public static string[] Cells(Loss? loss) => [Text(loss?.Mean), Text(loss?.Error)];

    private static string Text(double? value) => value is { } v ? Invariant($"{v:F5}") : "–";
}

/// <summary>Metrics of some rows; an undefined one is null.</summary>
internal sealed record ImportanceMetrics<T>(
    T? Auc, T? Logloss, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] T? Ndcg);

/// <summary>What the model loses without the information in a column.</summary>
/// <param name="Column">The column, or several that are one.</param>
/// <param name="Loses">How much worse each metric becomes.</param>
internal sealed record ColumnImportance(string Column, ImportanceMetrics<Loss> Loses);

/// <summary>The importance of all columns.</summary>
/// <param name="Rows">Rows that were looked at.</param>
/// <param name="OfRows">Rows of the shards.</param>
/// <param name="Repeats">Permutations of each column.</param>
/// <param name="Seed">Their seed.</param>
/// <param name="SortedBy">The metric by which columns are sorted.</param>
/// <param name="Metrics">Metrics of the rows as they are.</param>
/// <param name="Columns">Columns, the most important one first.</param>
internal sealed record Importance(
    int Rows, long OfRows, int Repeats, ulong Seed, string SortedBy, ImportanceMetrics<double?> Metrics, IReadOnlyList<ColumnImportance> Columns)
{
    /// <summary>What was done, in one sentence.</summary>
    public string Sentence() => Invariant($"{Rows:N0}{(Rows < OfRows ? Invariant($" of {OfRows:N0}") : "")} rows, {(Repeats == 1 ? "one permutation" : $"{Repeats} permutations")} of each column, seed {Seed}");

    /// <summary>The table: a head, and a row for each column.</summary>
    /// <param name="top">The most columns; null: all.</param>
    public IReadOnlyList<string[]> Table(int? top = null)
    {
        (string Name, Func<ColumnImportance, Loss?> Of)[] metrics =
        [
            ("NDCG falls by", c => c.Loses.Ndcg), ("AUC falls by", c => c.Loses.Auc), ("logloss rises by", c => c.Loses.Logloss),
        ];
        metrics = [.. metrics.Where(m => Columns.Any(c => m.Of(c) is not null))];
        return [["column", .. metrics.SelectMany(m => new[] { m.Name, "±" })], .. Columns.Take(top ?? int.MaxValue).Select(c => (string[])[c.Column, .. metrics.SelectMany(m => Loss.Cells(m.Of(c)))])];
    }
}

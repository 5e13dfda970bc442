using static System.FormattableString;

namespace GpuCtr.Training.Explanations;

/// <summary>What training without a column loses.</summary>
/// <param name="Column">The column, or several that are one.</param>
/// <param name="Seeds">With how many seeds it was trained.</param>
/// <param name="Loses">How much worse the best validation metric is; null: there was no time.</param>
internal sealed record AblatedColumn(string Column, int Seeds, Loss? Loses);

/// <summary>What training without each column loses.</summary>
/// <param name="Metric">The monitored validation metric.</param>
/// <param name="Value">Its best value with all columns, mean over seeds.</param>
/// <param name="Seeds">Seeds with which all columns were trained.</param>
/// <param name="Trainings">Runs that were trained.</param>
/// <param name="Seconds">Time that they took.</param>
/// <param name="Columns">Columns, the most important one first; those without a value last.</param>
internal sealed record Ablation(string Metric, double Value, int Seeds, int Trainings, double Seconds, IReadOnlyList<AblatedColumn> Columns)
{
    /// <summary>What was done, in one sentence.</summary>
    public string Sentence()
    {
        int without = Columns.Count(c => c.Loses is null), once = Columns.Count(c => c.Seeds == 1);
        string missing = without > 0 ? $"; no time for {without} of {Columns.Count} columns: take a larger --budget" : once > 0 ? "; an error needs two seeds, and a larger --budget" : "";
        return Invariant($"{Trainings} runs in {Seconds:N0} s: valid {Metric} {Value:F5} with all columns{missing}");
    }

    /// <summary>The table: a head, and a row for each column.</summary>
    /// <param name="top">The most columns; null: all.</param>
    public IReadOnlyList<string[]> Table(int? top = null) =>
    [
        ["column", $"valid {Metric} {(Metric == "logloss" ? "rises" : "falls")} by", "±", "seeds"],
        .. Columns.Take(top ?? int.MaxValue).Select(c => (string[])[c.Column, .. Loss.Cells(c.Loses), Invariant($"{c.Seeds}")]),
    ];
}

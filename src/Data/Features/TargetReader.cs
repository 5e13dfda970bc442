using System.Globalization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Reads the labels and weights of row groups. Each worker has one, with its own buffers.</summary>
/// <param name="label">The label column.</param>
/// <param name="rule">How it is read.</param>
internal sealed class TargetReader(string label, TargetRule rule)
{
    private readonly ColumnBuffer labels = new(), weights = new();

    /// <summary>Reads the columns of a row group.</summary>
    /// <exception cref="GpuCtrException">Data: broken pages.</exception>
    public void Read(ShardReader reader, RowGroupRef group)
    {
        reader.Read(group.Group, rule.LabelRequest(label), labels);
        if (rule.Weight is { } weight)
            reader.Read(group.Group, new ColumnRequest(weight, null), weights);
    }

    /// <summary>The target of a row; false if its label or weight is bad.</summary>
    public bool TryRead(int row, out RowTarget target)
    {
        bool good = rule.TryRead(labels, row, out target) && HasWeight(row);
        if (good && rule.Weight is not null)
            target = target with { Weight = target.Weight * (float)weights.NumberAt(row) };
        return good;
    }

    /// <summary>The reason why a row is bad, in a few words.</summary>
    public string Reason(int row) => HasWeight(row) ? rule.IsPlain ? "label not 0 or 1" : $"label {rule.Fault}" : "weight negative, missing or not finite";

    /// <summary>The error for a bad row.</summary>
    public GpuCtrException Bad(Shard shard, RowGroupRef group, int row)
    {
        return HasWeight(row)
            ? GpuCtrException.DataError(shard.Place(group, row, label), $"label {TargetRule.Text(labels, row)} is {rule.Fault}; {Advice(shard) ?? "correct it, or allow some such rows with --bad-rows"}")
            : GpuCtrException.DataError(shard.Place(group, row, rule.Weight), $"{TargetRule.Text(weights, row)} is not a weight, which is a finite number of at least 0; correct it, or allow some such rows with --bad-rows");
    }

    /// <summary>The flag that would make the labels valid; null if there is none.</summary>
    public string? Advice(Shard shard)
    {
        if (!(rule with { Weight = null }).IsPlain)
            return null;
        SortedSet<double> values = [];
        ColumnBuffer column = new();
        try
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups.TakeWhile(_ => values.Count < 3))
            {
                reader.Read(group.Group, rule.LabelRequest(label), column);
                for (int r = 0; r < column.Rows; r++)
                {
                    if (!column.IsNull(r))
                        values.Add(column.NumberAt(r));
                }
            }
        }
        catch (GpuCtrException)
        {
            // Broken pages found here are not reported now.
            return null;
        }

        return values.Count < 2 || values.SetEquals([0, 1]) || values.Any(v => !double.IsFinite(v)) ? null
            : values.Count == 2 ? $"the labels of this shard are {Number(values.Min)} and {Number(values.Max)}: write --positive {Number(values.Max)}"
            : values is { Min: >= 0, Max: <= 1 } ? "if they are shares of clicks, write --soft-labels"
            : $"correct it, or say which labels are clicks, as in --positive '>={Number(values.Max)}', or allow some such rows with --bad-rows";
    }

    private bool HasWeight(int row) => rule.Weight is null || (!weights.IsNull(row) && weights.NumberAt(row) is >= 0 and <= float.MaxValue);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Sums over the targets of some rows that count.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Positives">Those with a label above 0.</param>
/// <param name="Weight">Σ w.</param>
/// <param name="Label">Σ w y.</param>
internal readonly record struct TargetSums(long Rows, long Positives, double Weight, double Label)
{
    /// <summary>These and a row.</summary>
    public TargetSums With(RowTarget row) => new(Rows + 1, Positives + (row.Label > 0 ? 1 : 0), Weight + row.Weight, Label + (double)row.Weight * row.Label);

    /// <summary>These and others, in this order.</summary>
    public TargetSums Then(TargetSums next) => new(Rows + next.Rows, Positives + next.Positives, Weight + next.Weight, Label + next.Label);
}

/// <summary>A rule as training left it.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Weight">Σ w of the training rows.</param>
/// <param name="Label">Σ w y of the training rows.</param>
internal sealed record FittedTarget(TargetRule Rule, double Weight, double Label);

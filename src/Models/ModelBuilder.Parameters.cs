using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <content>Tables, weights and running statistics, with their initial values.</content>
public sealed partial class ModelBuilder
{
    private const string EmbeddingTableName = "embedding";

    private EmbeddingTable Table(string name, int columns, double deviation, UpdateRule rule)
    {
        bool vectors = name == EmbeddingTableName;
        EmbeddingTable table = new(
            Workspace, name, Spec.TotalRows, columns, Batch.GradientRows(Spec, BatchSize), Inputs.Lookups,
            new TableOptions(Options.EmbeddingUpdate, (float)Options.EmbeddingL2, Options.EmbeddingL2Scope, vectors ? mbaRates : null, Control.UpdateLog) { Frozen = vectors ? Spec.RowsOf(Options.Freeze) : WithoutWeight }, rule, Control.Scalars, Control.Guard, Inputs.Exchange);
        Tables.Add(table);
        initializers.Add(i =>
        {
            if (Shards is { } shards)
                i.Normal(table.Weights, deviation, shards);
            else
                i.Normal(table.Weights, deviation);
            // Row 0 of every vocabulary is padding: zero, and never trained.
            foreach (int offset in Spec.Offsets())
                Clear(table, offset..(offset + 1));
            if (!vectors)
                Clear(table, Columns.TotalRows..Spec.TotalRows);
        });
        return table;
    }

    private void Clear(EmbeddingTable table, Range rows)
    {
        (int first, int end) = (Shards?.Own(rows) ?? rows) switch { var own => (own.Start.Value, own.End.Value) };
        int columns = table.Weights.Columns;
        table.Weights.Write(Device, new float[Math.Max(0, end - first) * columns], (long)first * columns);
    }

    /// <summary>An id has one first-order weight or bias, at its first vector. Those of its further vectors are 0 and stay 0.</summary>
    private IReadOnlyList<Range> WithoutWeight => Spec.TotalRows > Columns.TotalRows ? [Columns.TotalRows..Spec.TotalRows] : [];

    /// <summary>Owners of the table rows on several ranks; null on one.</summary>
    private RowShards? Shards => Inputs.Exchange?.Shards;

    /// <summary>How often a table row occurs in the training set; 1 where unknown.</summary>
    private long CountOf(long row) => rowCounts is null || row >= rowCounts.Count ? 1 : rowCounts[(int)row];

    private Tensor Weight(string name, int units, int inputs, double deviation)
    {
        Tensor w = Arena.Reserve(name, units, inputs, decays: Options.L2 > 0);
        initializers.Add(i =>
        {
            if (deviation > 0)
                i.Normal(w, deviation);
            else
                i.XavierNormal(w);
        });
        return w;
    }

    private Tensor Zeros(string name, int columns) => Arena.Reserve(name, 1, columns, decays: false);

    private Tensor Ones(string name, int columns)
    {
        Tensor t = Zeros(name, columns);
        initializers.Add(i => i.Constant(t, 1));
        return t;
    }

    private Tensor Normal(string name, long rows, int columns, RowKind kind = default)
    {
        Tensor t = Arena.Reserve(name, rows, columns, decays: false, kind);
        initializers.Add(i => i.Normal(t, Options.EmbeddingInitStd));
        return t;
    }

    /// <summary>Running mean, initially 0, and running variance, initially 1.</summary>
    private (Tensor Mean, Tensor Variance) RunningMoments(string name, int columns)
    {
        Tensor mean = Workspace.Tensor($"{name}.running_mean", 1, columns), variance = Workspace.Tensor($"{name}.running_var", 1, columns);
        initializers.Add(i => i.Constant(variance, 1));
        RunningStatistics.AddRange([mean, variance]);
        return (mean, variance);
    }
}

using GpuCtr.Data.Features;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>The least that a part of a step must move and compute, whatever its kernels do.</summary>
/// <param name="Bytes">Read once and written once.</param>
/// <param name="Flops">Float32 operations of products.</param>
internal readonly record struct Work(double Bytes, double Flops = 0)
{
    /// <summary>Seconds at the rates of a roofline.</summary>
    public double Floor(Roofline r) => Math.Max(Bytes / r.CopyBytesPerSecond, Flops / r.FlopsPerSecond);
}

/// <summary>The parts of a recorded step, each with what runs it and with its work.</summary>
/// <param name="Name">As in `bench step --profile`.</param>
/// <param name="Run">Runs it once more on the batch of the last step.</param>
/// <param name="Work">Its floor.</param>
internal sealed record StepPart(string Name, Action Run, Work Work)
{
    private const double Float = 4;

    /// <summary>All parts in the order of the step.</summary>
    public static IEnumerable<StepPart> Of(TrainableModel model, Batch batch)
    {
        RecordedStep step = model.Recorded;
        ModelBuilder g = step.Builder;
        Pass pass = new(batch.Rows, Training: true, batch.Tokens);
        // What a sort must do is to read the rows, and to write their order and the segments.
        yield return new("sort positions", () => g.Inputs.SortPositions(pass), g.Device.SortsPositions ? new(Float * (2 * Positions(batch) + 2 * Segments(g))) : default);
        foreach (IOp op in g.Ops)
            yield return new($"forward {op.Name}", () => op.Forward(pass), Of(op, pass, batch, g, backward: false));
        yield return new("loss", () => step.Loss.Run(batch.Rows), new(Float * 3 * batch.Rows));
        foreach (IOp op in g.Ops.AsEnumerable().Reverse())
            yield return new($"backward {op.Name}", () => op.Backward(pass), Of(op, pass, batch, g, backward: true));
        foreach (EmbeddingTable t in g.Tables)
        {
            double segments = Segments(g), positions = Positions(batch), d = t.Weights.Columns;
            double moved = model.Options.EmbeddingUpdate == EmbeddingUpdate.Dense ? t.Weights.Rows : segments;
            yield return new($"reduce {t.Weights.Name}", t.Reduce, new(Float * (positions * (d + 1) + segments * (d + 2))));
            yield return new($"update {t.Weights.Name}", t.Update, new(Float * moved * (3 * d + 2 * StateOf(t.State))));
        }
        yield return new("guard", g.Guard.Run, new(Float * (g.Arena.Weights!.Length + g.Tables.Sum(t => Segments(g) * t.Weights.Columns))));
        yield return new("update dense parameters", step.Dense.Run, new(Float * (3 * g.Arena.Weights!.Length + 2 * (step.Dense.State.Mean.Length + step.Dense.State.Square.Length))));
    }

    /// <summary>Numbers of state of a row.</summary>
    private static double StateOf(OptimizerState state) => new[] { state.Mean, state.Square }.Where(t => t.Rows > 0).Sum(t => t.Columns);

    private static double Segments(ModelBuilder g) => g.Inputs.Positions.Count.ToArray(g.Device)[0];

    /// <summary>The two products of the backward pass of every dense layer by themselves.</summary>
    public static IEnumerable<StepPart> Products(TrainableModel model, Batch batch)
    {
        Pass pass = new(batch.Rows, Training: true, batch.Tokens);
        foreach (Linear l in model.Recorded.Builder.Ops.OfType<Linear>())
        {
            Work work = Product(pass.RowsOf(l.Input), l.Weight, 1);
            yield return new($"weight gradient {l.Name}", () => l.WeightGradient(pass), work);
            if (l.Input.Gradient is not null)
                yield return new($"input gradient {l.Name}", () => l.InputGradient(pass), work);
        }
    }

    private static double Positions(Batch batch) => batch.Rows * (double)batch.Spec.F + batch.Sequences.Sum(s => (double)s.Offsets[batch.Rows]);

    private static Work Of(IOp op, Pass pass, Batch batch, ModelBuilder g, bool backward) => op switch
    {
        Linear l => Product(pass.RowsOf(l.Input), l.Weight, backward ? l.Input.Gradient is null ? 1 : 2 : 1),
        DiceLinear l => Product(pass.RowsOf(l.Output), l.Weight, backward ? 2 : 1),
        ActivationUnitFirstLayer a => Attention(pass.RowsOf(a.Output), a.History.E, a.Output.Columns, backward ? 2 : 1),
        AttentionPooling p => new(Float * pass.RowsOf(p.Score) * (p.History.E + 1.0) * (backward ? 2 : 1)),
        EmbeddingFm e => new(Float * pass.Rows * (g.Spec.F + g.Spec.N) * (double)e.Tensors.Table.Columns * (backward ? 3 : 2)),
        SequenceEmbedding s => Passes(pass, s.Output, 2),
        TargetGather t => Passes(pass, t.Output, backward ? 3 : 2),
        MultiHeadAttention a => Heads(pass, a, backward),
        Cross c => Passes(pass, c.Output, backward ? 6 : 4),
        BiInteraction i => Passes(pass, i.Input, backward ? 2 : 1),
        FieldAwarePairs p => Passes(pass, p.Input, backward ? 2 : 1),
        InnerProducts p => new(Float * pass.Rows * (backward ? 2.0 : 1.0) * (p.Input.Columns + p.Output.Columns), (backward ? 4.0 : 2.0) * pass.Rows * p.Output.Columns * p.Width),
        Dice d => Passes(pass, d.Output, backward ? 3 : 2),
        DiceGate d => Passes(pass, d.Output, backward ? 5 : 3),
        Activation a => Passes(pass, a.Output, backward ? 3 : 2),
        LayerNorm n => Passes(pass, n.Output, backward ? 3 : 2),
        FeatureNorm n => Passes(pass, n.Output, backward ? 3 : 2),
        TargetProduct p => Passes(pass, p.Output, backward ? 6 : 3),
        SequencePooling s => new(Float * 2 * Length(s, batch, g) * s.Table.Weights.Columns),
        FieldBias b => new(Float * pass.Rows * (backward ? g.Spec.C + 1.0 : 2)),
        BatchNorm n => Passes(pass, n.Output, backward ? 3 : 2),
        Dropout d => Passes(pass, d.Output, 2),
        Concat c => Passes(pass, c.Output, 2),
        Add a => Passes(pass, a.Output, backward ? 1 + a.Inputs.Count : a.Inputs.Count + 1),
        _ => default,
    };

    /// <summary>Ids of the list column that an op pools.</summary>
    private static double Length(SequencePooling pooling, Batch batch, ModelBuilder g) =>
        batch.Sequences.Where((_, i) => ModelInputs.SequenceBase(g.Spec, g.BatchSize, i) == pooling.Sequence.Base).Sum(s => (double)s.Offsets[batch.Rows]);

    /// <summary>Every pass reads or writes all of a tensor once.</summary>
    private static Work Passes(Pass pass, Tensor t, int count) => new(Float * count * pass.RowsOf(t) * t.Columns);

    /// <summary>y = x Wᵀ forward; dx = dy W and dW = dyᵀ x backward.</summary>
    private static Work Product(double rows, Tensor w, int count) =>
        new(Float * count * (rows * (w.Columns + w.Rows) + w.Length), 2.0 * count * rows * w.Length);

    /// <summary>Histories of a benchmark are equally long, so every question is about as many items.</summary>
    private static Work Heads(Pass pass, MultiHeadAttention a, bool backward)
    {
        double asking = pass.RowsOf(a.Output), items = pass.RowsOf(a.Inputs.K), e = a.Output.Columns;
        return new(Float * (2 * asking + 2 * items) * e * (backward ? 2 : 1), (backward ? 10 : 4) * asking * items / pass.Rows * e);
    }

    /// <summary>Keys are gathered once each way, and their gradients added to.</summary>
    private static Work Attention(double tokens, double e, double h, int count) => new(Float * count * tokens * (e + h), 2 * count * tokens * e * h);
}

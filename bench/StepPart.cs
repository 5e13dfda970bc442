using GpuCtr.Kernels;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>The parts of a recorded step, each with the action that runs it and its work.</summary>
/// <param name="Name">As in `bench step --profile`.</param>
/// <param name="Run">Runs it once more on the batch of the last step.</param>
/// <param name="Work">Its floor.</param>
internal sealed record StepPart(string Name, Action Run, Work Work)
{
    /// <summary>All parts in the order of the step.</summary>
    public static IEnumerable<StepPart> Of(TrainableModel model, Batch batch)
    {
        RecordedStep step = model.Recorded;
        RecordedModel recorded = step.Model;
        Pass pass = new(batch.Rows, Training: true, batch.Tokens);
        // The minimum of a sort is to read the rows, and to write their order and the segments.
        yield return new("sort positions", () => recorded.Inputs.SortLookups(pass), recorded.Device.SortsLookups ? Work.Floats(2 * Positions(batch) + 2 * Segments(recorded)) : default);
        foreach (IOp op in recorded.Ops)
            yield return new($"forward {op.Name}", () => op.Forward(pass), op.ForwardWork(pass));
        yield return new("loss", () => step.Loss.Run(pass), step.Loss.Work(pass));
        foreach (IOp op in recorded.Ops.Reverse())
            yield return new($"backward {op.Name}", () => op.Backward(pass), op.BackwardWork(pass));
        foreach (EmbeddingTable t in recorded.Tables)
        {
            double segments = Segments(recorded), positions = Positions(batch), d = t.Weights.Columns;
            double moved = model.Options.EmbeddingUpdate == EmbeddingUpdate.Dense ? t.Weights.Rows : segments;
            yield return new($"reduce {t.Weights.Name}", t.Reduce, Work.Floats(positions * (d + 1) + segments * (d + 2)));
            yield return new($"update {t.Weights.Name}", t.Update, Work.Floats(moved * (3 * d + 2 * StateOf(t.State))));
        }
        yield return new("guard", recorded.Control.Guard.Run, Work.Floats(recorded.Arena.Weights!.Length + recorded.Tables.Sum(t => Segments(recorded) * t.Weights.Columns)));
        yield return new("update dense parameters", step.Dense.Run, Work.Floats(3 * recorded.Arena.Weights!.Length + 2 * (step.Dense.State.Mean.Length + step.Dense.State.Square.Length)));
    }

    /// <summary>Numbers of state of a row.</summary>
    private static double StateOf(OptimizerState state) => new[] { state.Mean, state.Square }.Where(t => t.Rows > 0).Sum(t => t.Columns);

    private static double Segments(RecordedModel recorded) => recorded.Inputs.Lookups.Count.ToArray(recorded.Device)[0];

    /// <summary>The two products of the backward pass of every dense layer, separately.</summary>
    public static IEnumerable<StepPart> Products(TrainableModel model, Batch batch)
    {
        Pass pass = new(batch.Rows, Training: true, batch.Tokens);
        foreach (Linear l in model.Recorded.Model.Ops.OfType<Linear>())
        {
            Work work = Work.Products(pass.RowsOf(l.Input), l.Weight, 1);
            yield return new($"weight gradient {l.Name}", () => l.WeightGradient(pass), work);
            if (l.Input.Gradient is not null)
                yield return new($"input gradient {l.Name}", () => l.InputGradient(pass), work);
        }
    }

    private static double Positions(Batch batch) => batch.Rows * (double)batch.Spec.F + batch.Sequences.Sum(s => (double)s.Offsets[batch.Rows]);
}

using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// The updates that table rows have missed. With <see cref="EmbeddingUpdate.Replay"/>, a row catches up when a batch looks it up; before any other read, all rows catch up.
/// With other updates, no row misses any.
/// </summary>
internal sealed class DeferredUpdates(RecordedModel model)
{
    private readonly UpdateLog? log = model.Control.UpdateLog;

    /// <summary>Whether rows have missed steps.</summary>
    public bool Any { get; private set; }

    /// <summary>Tables, their optimizer state and the update log; empty if rows never miss a step.</summary>
    public IEnumerable<Tensor> State => log is null ? []
        : [.. model.Tables.SelectMany(t => new[] { t.Weights, t.State.Mean, t.State.Square }).Where(t => t.Rows > 0), .. log.State];

    /// <summary>Call it after reading <see cref="State"/> from a checkpoint.</summary>
    public void Restored()
    {
        log!.Restored();
        Any = true;
    }

    /// <summary>Applies the missed steps of all rows.</summary>
    public void Apply()
    {
        if (!Any)
            return;
        foreach (EmbeddingTable table in model.Tables)
            table.ApplyDeferredToAll();
        log!.Clear();
        Any = false;
    }

    /// <summary>Call it after every step.</summary>
    public void StepDone(int number)
    {
        Any = log is not null;
        // At steps that do not depend on where the run was resumed, so that the bits do not depend on it either.
        if (number % UpdateLog.Capacity == 0)
            Apply();
    }
}

using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// With <see cref="EmbeddingUpdate.Replay"/>, a table row catches up on missed steps when a batch looks it up; before any other read, all rows catch up.
/// </summary>
public sealed partial class TrainableModel
{
    /// <summary>Whether table rows have missed steps: with replay, between a training step and <see cref="ApplyDeferred"/>.</summary>
    public bool HasDeferredUpdates { get; private set; }

    /// <summary>Tables, their optimizer state and the update log: with these, training continues as if rows had not been caught up.</summary>
    public IEnumerable<Tensor> DeferredState => g.Missed is not { } missed ? []
        : [.. g.Tables.SelectMany(t => new[] { t.Weights, t.State.Mean, t.State.Square }).Where(t => t.Rows > 0), .. missed.State];

    /// <summary>Call it after reading <see cref="DeferredState"/> from a checkpoint.</summary>
    public void DeferredStateRestored()
    {
        using ModelBuilder.Call call = g.Enter();
        g.Missed!.Restored();
        HasDeferredUpdates = true;
    }

    /// <summary>Applies all missed steps of all table rows. Weights and optimizer state are then those of dense updates; call it before they are read.</summary>
    public void ApplyDeferred()
    {
        if (!HasDeferredUpdates)
            return;
        using ModelBuilder.Call call = g.Enter();
        foreach (EmbeddingTable table in g.Tables)
            table.ApplyDeferredToAll();
        g.Missed!.Clear();
        HasDeferredUpdates = false;
    }

    private void ApplyDeferredToBatch()
    {
        if (g.Missed is null)
            return;
        foreach (EmbeddingTable table in g.Tables)
        {
            table.ApplyDeferred();
            Trace("catch up", table.Weights.Name);
        }
    }

    private void RecordStep()
    {
        if (g.Missed is null)
            return;
        HasDeferredUpdates = true;
        // At steps that do not depend on where the run started or resumed, so that the bits do not either.
        if (Step % UpdateLog.Capacity == 0)
            ApplyDeferred();
        Trace("update", "missed steps");
    }
}

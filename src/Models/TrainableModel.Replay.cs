using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// With <see cref="EmbeddingUpdate.Replay"/> a table row makes up for the steps it missed when a batch reads it, and all rows do before they are read otherwise.
/// </summary>
public sealed partial class TrainableModel
{
    /// <summary>Whether table rows have missed steps that they have not made up for: with replay, between a training step and <see cref="ApplyDeferred"/>.</summary>
    public bool HasDeferredUpdates { get; private set; }

    /// <summary>Tables, their optimizer state and what their rows have missed: with these, training goes on as if rows had never caught up.</summary>
    public IEnumerable<Tensor> DeferredState => g.Missed is not { } missed ? []
        : [.. g.Tables.SelectMany(t => new[] { t.Weights, t.State.Mean, t.State.Square }).Where(t => t.Rows > 0), .. missed.State];

    /// <summary>To be called when <see cref="DeferredState"/> was read from a checkpoint.</summary>
    public void DeferredStateRestored()
    {
        using ModelBuilder.Call call = g.Enter();
        g.Missed!.Restored();
        HasDeferredUpdates = true;
    }

    /// <summary>Makes up for all steps that table rows have missed. Weights and optimizer state are then those of dense updates; to be called before they are read.</summary>
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
        // At steps that do not depend on where the run began or was resumed, so that the bits do not either.
        if (Step % UpdateLog.Capacity == 0)
            ApplyDeferred();
        Trace("update", "missed steps");
    }
}

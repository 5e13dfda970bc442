using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Models.Ranks;

/// <summary>What rank 0 does, and all ranks with it.</summary>
internal enum Order
{
    /// <summary>Uses no model any more.</summary>
    End,

    /// <summary>Creates a model, which replaces the previous one.</summary>
    Make,

    /// <summary>Trains on a batch.</summary>
    Train,

    /// <summary>Scores a batch.</summary>
    Predict,

    /// <summary>Adds up one of the losses over the ranks and clears it.</summary>
    TakeLoss,

    /// <summary>Sets the number of steps.</summary>
    SetStep,

    /// <summary>Applies the missed steps of all rows.</summary>
    ApplyDeferred,

    /// <summary>The update log was read from a checkpoint.</summary>
    DeferredStateRestored,

    /// <summary>Reads a part of a tensor.</summary>
    Read,

    /// <summary>Writes a part of a tensor.</summary>
    Write,
}

/// <summary>The commands of rank 0: before each operation on a model, it sends a command to the other ranks, which do the same.</summary>
/// <remarks>
/// Only rank 0 has rows, files and a clock, so ranks cannot disagree about what comes next. That it disposes a model is no order: it may do so because
/// something failed in the middle of another one.
/// </remarks>
internal sealed class RankOrders(Communicator ranks)
{
    private readonly long[] order = new long[4];

    /// <summary>Sends a command with up to three numbers; does nothing without other ranks.</summary>
    public void Give(Order what, long a = 0, long b = 0, long c = 0)
    {
        if (ranks.Size == 1)
            return;
        (order[0], order[1], order[2], order[3]) = ((long)what, a, b, c);
        ranks.Broadcast<long>(order, 0);
    }

    /// <summary>The next order of rank 0, on another rank.</summary>
    public (Order What, long A, long B, long C) Next()
    {
        ranks.IsIdle = true;
        ranks.Broadcast<long>(order, 0);
        ranks.IsIdle = false;
        return ((Order)order[0], order[1], order[2], order[3]);
    }
}

namespace GpuCtr.SoftCuda;

/// <summary>What the machine checks.</summary>
public enum Check
{
    /// <summary>An access outside every buffer.</summary>
    Bounds,

    /// <summary>An address that is no multiple of the size of the access.</summary>
    Alignment,

    /// <summary>A read of memory that nobody wrote.</summary>
    Uninitialized,

    /// <summary>Two lanes use one address without a barrier between them, and one of them writes.</summary>
    Race,

    /// <summary>A barrier that not all lanes of the block reach.</summary>
    Barrier,

    /// <summary>A branch marked uniform that lanes of a warp take differently, or a warp-wide instruction without all lanes.</summary>
    Uniformity,

    /// <summary>A call of the driver that a real one refuses.</summary>
    Driver,

    /// <summary>An access through a pointer to memory that was freed.</summary>
    Stale,
}

/// <summary>One breach of a rule.</summary>
/// <param name="Check">The rule.</param>
/// <param name="Where">Kernel, PTX line, block and lane; or the call of the driver.</param>
/// <param name="What">What happened: buffer, offset, values.</param>
public readonly record struct Finding(Check Check, string Where, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Check}: {Where}: {What}";
}

/// <summary>Everything found since the machine started; safe to use from several threads.</summary>
/// <param name="told">Called once for every new finding.</param>
public sealed class Findings(Action<Finding>? told = null)
{
    private readonly Lock turn = new();
    private readonly HashSet<Finding> known = [];
    private readonly List<Finding> all = [];

    /// <summary>All findings so far, in order; equal ones once.</summary>
    public IReadOnlyList<Finding> All
    {
        get
        {
            lock (turn)
                return [.. all];
        }
    }

    /// <summary>Adds a finding, unless the same is known.</summary>
    public void Add(Finding finding)
    {
        lock (turn)
        {
            if (!known.Add(finding))
                return;
            all.Add(finding);
        }
        told?.Invoke(finding);
    }
}

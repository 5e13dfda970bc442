namespace GpuCtr.SoftCuda.Streams;

/// <summary>What is known to have happened before: for every stream, how many of its items (Fidge 1988, Mattern 1989).</summary>
internal sealed class VectorClock
{
    private int[] items = [];

    /// <summary>How many items of a stream are known.</summary>
    public int this[int stream] => stream < items.Length ? items[stream] : 0;

    /// <summary>Counts one more item of a stream.</summary>
    public void Tick(int stream)
    {
        if (stream >= items.Length)
            Array.Resize(ref items, stream + 1);
        items[stream]++;
    }

    /// <summary>Learns all that another clock knows.</summary>
    public void Join(VectorClock other)
    {
        if (other.items.Length > items.Length)
            Array.Resize(ref items, other.items.Length);
        for (int i = 0; i < other.items.Length; i++)
            items[i] = Math.Max(items[i], other.items[i]);
    }

    /// <summary>The same knowledge, which stays as it is now.</summary>
    public VectorClock Copy() => new() { items = [.. items] };
}

using GpuCtr.Kernels.Numerics;

namespace GpuCtr.Models.Features;

/// <summary>The candidates of a sampled softmax: the correct items of the batch, and uniformly drawn items.</summary>
/// <param name="Draws">S.</param>
/// <param name="Items">All items.</param>
/// <param name="Seed">Of the run.</param>
public sealed record SampledItems(int Draws, ItemIds Items, ulong Seed)
{
    /// <summary>The most candidates of a batch.</summary>
    internal int Capacity(int predictions) => Math.Min(Items.Count, checked(predictions + Draws));

    /// <summary>Draw <paramref name="i"/> of a batch: the id of an item, the same on every machine.</summary>
    /// <param name="batch">A number that is unique among the batches of the run.</param>
    /// <param name="i">0 … S − 1.</param>
    internal int Draw(ulong batch, int i)
    {
        Philox.Block bits = Philox.Generate((uint)batch, (uint)(batch >> 32), (uint)i, 0, (uint)Seed, (uint)(Seed >> 32));
        return Items.First + (int)bits.Below(Items.Count);
    }
}

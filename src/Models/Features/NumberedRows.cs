using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Models.Features;

/// <summary>The lookups of a part of a batch, renumbered: 1 + the index of a table row among the distinct ones of the part, 0 for padding.</summary>
/// <param name="device">The device that they are copied to.</param>
/// <param name="spec">The columns, by vector.</param>
/// <param name="capacity">The most rows of a part.</param>
/// <param name="shards">Where table rows are.</param>
internal sealed class NumberedRows(Device device, FeatureSpec spec, int capacity, RowShards shards) : IDisposable
{
    private readonly int firstList = capacity * spec.C, firstPair = Batch.FirstPairGradient(spec, capacity);

    /// <summary>(B, F), those of the fields.</summary>
    public PinnedBuffer<int> Fields { get; } = new(device, (long)capacity * spec.F);

    /// <summary>The lookups of all list columns, each at its <see cref="ModelInputs.SequenceBase"/>.</summary>
    public PinnedBuffer<int> Lists { get; } = new(device, spec.Sequences.Sum(s => (long)capacity * s.MaxLength));

    /// <summary>Those of the pairs of fields.</summary>
    public PinnedBuffer<int> Pairs { get; } = new(device, (long)capacity * spec.PairCount);

    /// <summary>Every <see cref="RowShards.Place"/> is below this.</summary>
    public int Places => (int)(shards.OwnRows * device.Ranks.Size);

    /// <summary>Writes the numbers.</summary>
    /// <param name="order">Lookups as indices into the row gradients, by row.</param>
    /// <param name="starts">(U + 1) start of the lookups of each row.</param>
    /// <param name="rows">Rows of the part.</param>
    public void Number(ReadOnlySpan<int> order, ReadOnlySpan<int> starts, int rows)
    {
        Span<int> fields = Fields.Span, lists = Lists.Span, pairs = Pairs.Span;
        fields[..(rows * spec.F)].Clear();
        lists.Clear();
        pairs.Clear();
        for (int u = 0; u < starts.Length - 1; u++)
            foreach (int g in order[starts[u]..starts[u + 1]])
            {
                if (g < firstList)
                    fields[g / spec.C * spec.F + g % spec.C] = u + 1;
                else if (g < firstPair)
                    lists[g - firstList] = u + 1;
                else
                    pairs[g - firstPair] = u + 1;
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Fields.Dispose();
        Lists.Dispose();
        Pairs.Dispose();
    }
}

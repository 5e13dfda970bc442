using GpuCtr.Kernels.Numerics;

namespace GpuCtr.Models.Features;

/// <summary>Which entries of a sequence BERT4Rec masks (Sun et al., CIKM 2019, section 3.6): a pure function of seed, epoch and row.</summary>
/// <remarks>
/// With probability <paramref name="lastOnly"/>, only the last entry of a row is masked, as when its next item is predicted; otherwise every entry with probability
/// <paramref name="rate"/>, and one uniformly drawn entry if that masked none. The bits are those of Philox at (row, epoch, entry) under the seed: the same on every machine,
/// whatever was drawn before.
/// </remarks>
/// <param name="seed">Of the run.</param>
/// <param name="rate">ρ, more than 0 and at most 1.</param>
/// <param name="lastOnly">Share of the rows of which only the last entry is masked, 0 to 1.</param>
public sealed class ItemMasks(ulong seed, double rate, double lastOnly)
{
    // Stream of the draws for an entry; below, for the whole row.
    private const uint Kinds = 2, OfEntry = 0, OfRow = 1;

    /// <summary>Sets the masked entries of a sequence.</summary>
    /// <param name="masked">One for each entry, oldest first; none for an empty sequence.</param>
    /// <param name="row">The row of the data set, independent of its batch.</param>
    /// <param name="epoch">The epoch.</param>
    /// <returns>How many are masked: at least one of a sequence that is not empty.</returns>
    public int Draw(Span<bool> masked, long row, int epoch)
    {
        masked.Clear();
        if (masked.IsEmpty)
            return 0;
        Philox.Block ofRow = Bits(row, epoch, 0, OfRow);
        if (Philox.Unit(ofRow.X) < lastOnly)
        {
            masked[^1] = true;
            return 1;
        }
        int count = 0;
        for (int t = 0; t < masked.Length; t++)
            if (masked[t] = Philox.Unit(Bits(row, epoch, (uint)t, OfEntry).X) < rate)
                count++;
        if (count > 0)
            return count;
        masked[(int)((ulong)ofRow.Y * (uint)masked.Length >> 32)] = true;
        return 1;
    }

    private Philox.Block Bits(long row, int epoch, uint entry, uint kind) =>
        Philox.Generate((uint)row, (uint)((ulong)row >> 32), (uint)epoch, entry * Kinds + kind, (uint)seed, (uint)(seed >> 32));
}

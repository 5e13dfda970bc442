using System.Numerics;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Sums contributions of ranks, in an order that depends only on the number of ranks.</summary>
/// <remarks>
/// The tree ((0 + 1) + (2 + 3)) + … contains the trees of half as many ranks, so the bits do not depend on which rank computes a part.
/// From left to right, ((0 + 1) + 2) + 3, they are not.
/// </remarks>
internal static class RankTree
{
    /// <summary>Elements whose pieces are added before the next ones: the pieces of several ranks stay in the cache.</summary>
    private const int Block = 4096;

    /// <summary>Leaves the sum in the first piece; the other pieces are overwritten.</summary>
    /// <param name="pieces">(ranks, N), the pieces in the order of ranks.</param>
    /// <param name="ranks">Number of pieces.</param>
    public static void Sum<T>(Span<T> pieces, int ranks) where T : unmanaged, INumber<T>
    {
        int n = pieces.Length / ranks;
        for (int at = 0; at < n; at += Block)
            for (int stride = 1; stride < ranks; stride *= 2)
                for (int left = 0; left + stride < ranks; left += 2 * stride)
                    Add(pieces.Slice(left * n + at, Math.Min(Block, n - at)), pieces.Slice((left + stride) * n + at, Math.Min(Block, n - at)));
    }

    private static void Add<T>(Span<T> sum, ReadOnlySpan<T> more) where T : unmanaged, INumber<T>
    {
        int i = 0;
        for (; i <= sum.Length - Vector<T>.Count; i += Vector<T>.Count)
            (new Vector<T>(sum[i..]) + new Vector<T>(more[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += more[i];
    }
}

using System.Numerics;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

/// <summary>Requirements on every communicator, for any transport. Each case runs on every rank.</summary>
internal static class CollectiveCases
{
    /// <summary>Lengths around nothing, the number of ranks, a vector, and the block of a sum.</summary>
    private static readonly int[] lengths = [0, 1, 2, 3, 7, 64, 4097, 4 * 4096 + 5];

    /// <summary>All of them, twice: buffers of the first calls serve the later ones.</summary>
    public static void Run(Communicator ranks)
    {
        for (int round = 0; round < 2; round++)
            foreach (int n in lengths)
            {
                Broadcasts(ranks, n);
                Gathers(ranks, n);
                Exchanges(ranks, n);
                Sums<float>(ranks, n, ranks.AllReduceSum, r => [.. Draw(r, n).Select(x => (float)x)]);
                Sums<double>(ranks, n, ranks.AllReduceSum, r => Draw(r, n));
                Sums<long>(ranks, n, ranks.AllReduceSum, r => [.. Draw(r, n).Select(x => (long)(x * 1e12))]);
                ranks.Barrier();
            }
    }

    /// <summary>The sum of all ranks' values in the promised order: the greatest power of two of them, and the others, each in the same way.</summary>
    public static T InOrder<T>(ReadOnlySpan<T> values) where T : INumber<T>
    {
        if (values.Length == 1)
            return values[0];
        int half = (int)BitOperations.RoundUpToPowerOf2((uint)values.Length) / 2;
        return InOrder(values[..half]) + InOrder(values[half..]);
    }

    /// <summary>Numbers whose sum depends on the order of adding.</summary>
    public static double[] Draw(int rank, int n)
    {
        Random random = new(1000 * rank + n);
        return [.. Enumerable.Range(0, n).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-4, 5)))];
    }

    private static void Broadcasts(Communicator ranks, int n)
    {
        for (int root = 0; root < ranks.Size; root++)
        {
            int[] data = ranks.Rank == root ? Numbers(root, n) : new int[n];
            ranks.Broadcast<int>(data, root);
            Assert.Equal(Numbers(root, n), data);
        }
    }

    private static void Gathers(Communicator ranks, int n)
    {
        int[] equal = new int[n * ranks.Size];
        ranks.AllGather<int>(Numbers(ranks.Rank, n), equal);
        Assert.Equal(Enumerable.Range(0, ranks.Size).SelectMany(r => Numbers(r, n)), equal);

        // Every other rank has nothing.
        int[] counts = [.. Enumerable.Range(0, ranks.Size).Select(r => r % 2 == 0 ? n + r : 0)];
        double[] all = new double[counts.Sum()];
        ranks.AllGatherV<double>([.. Numbers(ranks.Rank, counts[ranks.Rank]).Select(i => i + .5)], all, counts);
        Assert.Equal(counts.SelectMany((c, r) => Numbers(r, c)).Select(i => i + .5), all);
    }

    private static void Exchanges(Communicator ranks, int n)
    {
        int me = ranks.Rank;
        int[] to = [.. Enumerable.Range(0, ranks.Size).Select(r => Count(me, r, n))], from = [.. Enumerable.Range(0, ranks.Size).Select(r => Count(r, me, n))];
        byte[] received = new byte[from.Sum()];
        ranks.AllToAllV<byte>([.. to.SelectMany((c, r) => Piece(me, r, c))], to, received, from);
        Assert.Equal(from.SelectMany((c, r) => Piece(r, me, c)), received);

        float[] equal = new float[n * ranks.Size];
        ranks.AllToAll<float>([.. Enumerable.Range(0, ranks.Size).SelectMany(r => Piece(me, r, n)).Select(b => b / 4f)], equal);
        Assert.Equal(Enumerable.Range(0, ranks.Size).SelectMany(r => Piece(r, me, n)).Select(b => b / 4f), equal);
    }

    private static void Sums<T>(Communicator ranks, int n, SumInPlace<T> sum, Func<int, T[]> values) where T : unmanaged, INumber<T>
    {
        T[][] all = [.. Enumerable.Range(0, ranks.Size).Select(values)];
        T[] mine = [.. all[ranks.Rank]];
        sum(mine);
        Assert.Equal(Enumerable.Range(0, n).Select(i => InOrder<T>([.. all.Select(v => v[i])])), mine);
    }

    private static int Count(int from, int to, int n) => (3 * from + 5 * to) % 4 == 0 ? 0 : n + from + 2 * to;

    private static IEnumerable<byte> Piece(int from, int to, int count) => Enumerable.Range(0, count).Select(i => (byte)(31 * from + 7 * to + i));

    private static int[] Numbers(int rank, int n) => [.. Enumerable.Range(0, n).Select(i => 1_000_003 * (rank + 1) + i)];

    private delegate void SumInPlace<T>(Span<T> values);
}

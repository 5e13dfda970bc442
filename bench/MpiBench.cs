using System.Diagnostics;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Bench;

/// <summary>The cost of moving 16 MiB between ranks, compared with copying them in memory. Ranks on one host share its cores and its memory.</summary>
internal static class MpiBench
{
    private const int Floats = 4 << 20, Rounds = 15;

    /// <summary>Measures on all ranks; rank 0 writes.</summary>
    public static int Run(Communicator ranks)
    {
        float[] values = new float[Floats], others = new float[Floats];
        double copy = Best(ranks, () => values.CopyTo(others, 0));
        double exchange = Best(ranks, () => ranks.AllToAll<float>(values, others));
        double sum = Best(ranks, () => ranks.AllReduceSum(values));
        if (ranks.Rank == 0)
            Console.WriteLine(FormattableString.Invariant($"{((MpiCommunicator)ranks).Version}, {ranks.Size} ranks, GB/s of 16 MiB on each, best of {Rounds}: copy {Speed(copy):F2}, all-to-all {Speed(exchange):F2}, all-reduce {Speed(sum):F2}"));
        return 0;
    }

    /// <summary>Seconds of the fastest round, from the start of all ranks until all are done.</summary>
    private static double Best(Communicator ranks, Action action)
    {
        double best = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            ranks.Barrier();
            long begin = Stopwatch.GetTimestamp();
            action();
            ranks.Barrier();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        return best;
    }

    private static double Speed(double seconds) => 4.0 * Floats / seconds / 1e9;
}

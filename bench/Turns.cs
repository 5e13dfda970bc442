using System.Diagnostics;

namespace GpuCtr.Bench;

/// <summary>Measures several things in turns within one run, so that a drift of the machine's speed affects all of them alike.</summary>
internal static class Turns
{
    /// <param name="rounds">How often each is measured.</param>
    /// <param name="ways">Each measures once, told the number of the round, and returns its figure.</param>
    /// <returns>The figures of each way, round by round.</returns>
    public static double[][] Measure(int rounds, params IReadOnlyList<Func<int, double>> ways)
    {
        double[][] samples = [.. ways.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
            for (int i = 0; i < ways.Count; i++)
            {
                // The order rotates, so that none always benefits from the state that its predecessor leaves.
                int way = (i + round) % ways.Count;
                samples[way][round] = ways[way](round);
            }
        return samples;
    }

    /// <summary>Seconds that <paramref name="work"/> takes once.</summary>
    public static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

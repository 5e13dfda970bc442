using System.Diagnostics;
using System.Globalization;

namespace GpuCtr.Peers;

/// <summary>Rows per second over rounds of several steps.</summary>
internal static class Rates
{
    /// <summary>Runs the rounds; returns the cells "median | least–greatest" of their rates, in thousands of rows per second.</summary>
    /// <param name="rounds">Number of rounds.</param>
    /// <param name="steps">Steps of a round.</param>
    /// <param name="rows">Rows of a step.</param>
    /// <param name="format">How a rate is written: F1 or F2.</param>
    /// <param name="step">One step, by its number within the round.</param>
    public static string Cells(int rounds, int steps, long rows, string format, Action<int> step)
    {
        double[] rates = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < steps; i++)
                step(i);
            rates[round] = steps * rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(rates);
        string Text(double rate) => (rate / 1e3).ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(rates[rounds / 2])} | {Text(rates[0])}–{Text(rates[^1])}";
    }
}

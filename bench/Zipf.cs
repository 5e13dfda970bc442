namespace GpuCtr.Bench;

/// <summary>Draws 0 … n−1 with probability ∝ 1 / (rank + 1)^exponent, ranks scattered over the ids.</summary>
internal sealed class Zipf(int n, double exponent)
{
    private readonly double[] cumulative = Cumulative(n, exponent);

    public int Draw(Random random)
    {
        int rank = Array.BinarySearch(cumulative, random.NextDouble() * cumulative[^1]);
        rank = Math.Min(n - 1, rank < 0 ? ~rank : rank);
        return (int)((rank * 2654435761L + 12345) % n);
    }

    private static double[] Cumulative(int n, double exponent)
    {
        double[] sums = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++)
            sums[i] = sum += Math.Pow(i + 1, -exponent);
        return sums;
    }
}

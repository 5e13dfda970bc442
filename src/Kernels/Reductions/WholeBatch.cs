using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Reductions;

/// <summary>Statistics of the columns of a batch whose rows are on several ranks, from the statistics of each rank's rows. On one rank, nothing is done.</summary>
/// <remarks>All ranks combine the same numbers in the same order, so they have the same bits.</remarks>
/// <param name="device">The device of this rank.</param>
/// <param name="statistics">(2 or more, H): mean, biased variance, sums.</param>
internal sealed class WholeBatch(Device device, Tensor statistics)
{
    private readonly Communicator ranks = device.Ranks;
    private readonly int n = statistics.Columns;
    private readonly double[] own = new double[1 + 2 * statistics.Columns], all = new double[device.Ranks.Size * (1 + 2 * statistics.Columns)];

    /// <summary>Replaces the moments of this rank's rows by those of all rows.</summary>
    /// <param name="rows">Rows of this rank; if there are none, its moments are ignored.</param>
    /// <remarks>With R_r rows, mean μ_r and variance σ_r² on rank r: μ = Σ R_r μ_r / R, σ² = Σ R_r (σ_r² + (μ_r − μ)²) / R, in float64.</remarks>
    public void Moments(int rows)
    {
        if (ranks.Size == 1)
            return;
        device.Wait();
        Span<float> moments = statistics.Span(0, 2 * n);
        own[0] = rows;
        for (int i = 0; i < moments.Length; i++)
            own[1 + i] = moments[i];
        ranks.AllGather<double>(own, all);
        for (int h = 0; h < n; h++)
            (moments[h], moments[n + h]) = Merged(h);
    }

    /// <summary>Makes the sums in the third and fourth row those over all rows.</summary>
    public void Sums()
    {
        if (ranks.Size == 1)
            return;
        device.Wait();
        ranks.AllReduceSum(statistics.Span(2 * n, 2 * n));
    }

    private (float Mean, float Variance) Merged(int h)
    {
        double count = 0, mean = 0, squares = 0;
        for (int at = 0; at < all.Length; at += own.Length)
            if (all[at] > 0)
                (count, mean) = (count + all[at], mean + all[at] * all[at + 1 + h]);
        mean /= count;
        for (int at = 0; at < all.Length; at += own.Length)
            if (all[at] > 0)
                squares += all[at] * (all[at + 1 + n + h] + (all[at + 1 + h] - mean) * (all[at + 1 + h] - mean));
        return ((float)mean, (float)(squares / count));
    }
}

using System.Runtime.InteropServices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The float64 numbers of one evaluation of a reference. A reference reads inputs, and writes every element of outputs and states.</summary>
/// <param name="magnitude">Compute the sum of the absolute values of all terms: values are taken absolute and nothing is subtracted.</param>
public sealed class ReferenceValues(bool magnitude = false)
{
    // A case has few tensors, and references ask for them at every element: a linear search is faster than hashing.
    private readonly List<(Tensor Tensor, double[] Now, double[] Start)> values = [];
    private readonly HashSet<(Tensor, int)> ignored = [];

    /// <summary>Values of a tensor of the trial, row-major; for a batch tensor only the rows of the pass.</summary>
    public double[] this[Tensor tensor]
    {
        get
        {
            foreach ((Tensor known, double[] now, _) in CollectionsMarshal.AsSpan(values))
                if (ReferenceEquals(known, tensor))
                    return now;
            throw new KeyNotFoundException($"{tensor} is no tensor of the case");
        }
    }

    /// <summary>Smallest rectified |z|, because finite differences across the kink would be wrong.</summary>
    internal double NearestKink { get; private set; } = double.PositiveInfinity;

    /// <summary>max(0, z).</summary>
    public double Rectify(double z)
    {
        NearestKink = Math.Min(NearestKink, Math.Abs(z));
        return Math.Max(z, 0);
    }

    /// <summary>y = x Wᵀ + b, x (rows, k), W (n, k). References are evaluated hundreds of times per case, so this triple loop is kept plain.</summary>
    public static void Linear(double[] x, double[] w, double[]? b, int rows, int n, int k, double[] y)
    {
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++)
            {
                ReadOnlySpan<double> left = x.AsSpan(i * k, k), right = w.AsSpan(j * k, k);
                double sum = b?[j] ?? 0;
                for (int l = 0; l < left.Length; l++)
                    sum += left[l] * right[l];
                y[i * n + j] = sum;
            }
    }

    /// <summary>a − b.</summary>
    public double Difference(double a, double b) => magnitude ? a + b : a - b;

    /// <summary>The absolute value if magnitudes are computed.</summary>
    internal float Of(float x) => magnitude ? Math.Abs(x) : x;

    /// <summary>Element <paramref name="index"/> may hold anything, even NaN.</summary>
    public void Ignore(Tensor tensor, int index) => ignored.Add((tensor, index));

    internal bool Ignores(Tensor tensor, int index) => ignored.Contains((tensor, index));

    /// <summary>Resets inputs and states, and fills outputs with NaN.</summary>
    internal void Reset(IReadOnlyList<Tracked> tracked)
    {
        if (values.Count == 0)
            foreach (Tracked t in tracked)
                values.Add((t.Tensor, new double[t.Elements], [.. Enumerable.Range(0, t.Elements).Select(i => t.Role == TensorRole.Output ? double.NaN : Of(t.Start[i]))]));
        foreach ((_, double[] now, double[] start) in values)
            start.CopyTo(now, 0);
    }
}

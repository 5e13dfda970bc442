using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Simd;

/// <summary>Moments of a tensor's columns for the op that normalizes them; the op that writes the tensor computes them while rows are in cache.</summary>
/// <remarks>
/// Forward, the writer adds its rows to the moments. Backward, the gradient of a normalized column is dx = A − c₀ − c₁ x, where c₀ and c₁ depend on
/// sums over all rows: the reader writes A, and the writer subtracts the rest when it reads the gradient. Neither needs another pass over the tensor.
/// Moments are kept per block of rows and combined in order: the same bits for any number of threads.
/// </remarks>
internal sealed unsafe class ColumnStatistics
{
    /// <summary>Largest number of blocks of rows.</summary>
    public const int MaxBlocks = 32;

    private readonly Tensor x;
    private readonly DeviceArray<float> moments, correction;
    private readonly int[] counts = new int[MaxBlocks];
    private readonly int n;

    /// <param name="workspace">Reserves the moments.</param>
    /// <param name="x">(R, H).</param>
    public ColumnStatistics(Workspace workspace, Tensor x)
    {
        (this.x, n) = (x, x.Columns);
        moments = workspace.TrainingArray<float>($"{x.Name} moments", 2L * MaxBlocks * n);
        correction = workspace.TrainingArray<float>($"{x.Name} correction", 2L * n);
    }

    /// <summary>Whether an op reads the moments; otherwise the writer need not compute them.</summary>
    public bool Wanted { get; set; }

    /// <summary>Clears all rows.</summary>
    public void Clear() => counts.AsSpan().Clear();

    /// <summary>Adds rows to a block: mean and Σ (x − mean)² of these rows, merged with those before.</summary>
    /// <param name="block">The block, to which only one thread adds.</param>
    /// <param name="rows">(count, H).</param>
    /// <param name="count">Number of rows; they should fit the first-level cache.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int block, float* rows, int count)
    {
        float before = counts[block];
        float* means = moments.Pointer + 2L * block * n, squares = means + n;
        for (int h = 0; h < n; h += Lanes.Count)
        {
            int columns = n - h;
            float* start = rows + h, end = start + (nint)count * n;
            // Relative to a value of similar size, so that a mean far from zero costs no digits of the squares.
            Vector512<float> near = Lanes.Load(before > 0 ? means + h : start, columns), sum = default, square = default;
            for (float* p = start; p < end; p += n)
            {
                Vector512<float> d = Lanes.Load(p, columns) - near;
                sum += d;
                square = Vector512.FusedMultiplyAdd(d, d, square);
            }
            Vector512<float> shift = sum / count, allMean = default, allSquare = default;
            if (before > 0)
                (allMean, allSquare) = (near, Lanes.Load(squares + h, columns));
            Merge(ref allMean, ref allSquare, before, near + shift, square - sum * shift, count);
            Lanes.Store(allMean, means + h, columns);
            Lanes.Store(allSquare, squares + h, columns);
        }
        counts[block] += count;
    }

    /// <summary>Mean and biased variance of all rows.</summary>
    public void Combine(float* mean, float* variance)
    {
        for (int h = 0; h < n; h += Lanes.Count)
        {
            Vector512<float> m = default, s = default;
            float before = 0;
            for (int block = 0; block < MaxBlocks; block++)
            {
                if (counts[block] == 0)
                    continue;
                Merge(
                    ref m, ref s, before, Lanes.Load(moments.Pointer + 2L * block * n + h, n - h), Lanes.Load(moments.Pointer + (2L * block + 1) * n + h, n - h), counts[block]);
                before += counts[block];
            }
            Lanes.Store(m, mean + h, n - h);
            Lanes.Store(s / before, variance + h, n - h);
        }
    }

    /// <summary>Moments of <paramref name="before"/> rows and of <paramref name="count"/> more (Chan, Golub and LeVeque 1983).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge(ref Vector512<float> mean, ref Vector512<float> squares, float before, Vector512<float> newMean, Vector512<float> newSquares, float count)
    {
        float both = before + count;
        Vector512<float> delta = newMean - mean;
        mean += delta * (count / both);
        squares += newSquares + delta * delta * (before * count / both);
    }

    /// <summary>Sets c₀ and c₁ of 16 columns from <paramref name="h"/>.</summary>
    public void SetCorrection(int h, Vector512<float> c0, Vector512<float> c1)
    {
        Lanes.Store(c0, correction.Pointer + h, n - h);
        Lanes.Store(c1, correction.Pointer + n + h, n - h);
    }

    /// <summary>Completes the gradient of some rows, and sums it.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="dx">(count, H) A, as the reader has written it.</param>
    /// <param name="to">(count, H); may be <paramref name="dx"/>.</param>
    /// <param name="stride">Distance of two rows of <paramref name="to"/>.</param>
    /// <param name="sums">(H) sums to which the gradient of these rows is added, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Correct(int first, int count, float* dx, float* to, nint stride, float* sums)
    {
        nint n = this.n, length = count * n;
        float* value = x.Pointer + first * n;
        for (int h = 0; h < n; h += Lanes.Count)
        {
            int columns = (int)n - h;
            Vector512<float> c0 = Lanes.Load(correction.Pointer + h, columns), c1 = Lanes.Load(correction.Pointer + n + h, columns);
            Vector512<float> sum = sums == null ? default : Lanes.Load(sums + h, columns);
            float* row = to + h;
            for (nint i = h; i < length; i += n, row += stride)
            {
                Vector512<float> whole = Lanes.Load(dx + i, columns) - Vector512.FusedMultiplyAdd(c1, Lanes.Load(value + i, columns), c0);
                sum += whole;
                Lanes.Store(whole, row, columns);
            }
            if (sums != null)
                Lanes.Store(sum, sums + h, columns);
        }
    }

    /// <summary>Prefetches the data that <see cref="Correct"/> reads for some rows.</summary>
    public void Announce(int first, int count, float* dx, ref PrefetchSchedule ahead)
    {
        ahead.Add(dx, (long)count * n);
        ahead.Add(x.Pointer + (long)first * n, (long)count * n);
    }
}

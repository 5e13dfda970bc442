using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>Measures the norm of all gradients, and decides whether and how far the step may move.</summary>
/// <remarks>
/// norm² = Σ (dw + λ w)² over every parameter;  factor = min(1, clip / (norm + 1e-6)), or 1 without clipping;
/// factor = 0, the step is skipped, when loss or norm is not finite.
/// Squares are summed in one order: the same bits every run on any number of threads. Gradients are read once.
/// </remarks>
public sealed unsafe class GradientGuard
{
    // Of the SIMD variant; elsewhere a gradient is summed as a matrix of so many columns.
    private const int BlockLength = 16384, Columns = 128;

    private readonly Device device;
    private readonly Tensor loss;
    private readonly float clipNorm;
    private readonly List<Source> sources = [];
    private readonly Action<int> block;
    private ColumnSums<Squares>? squares;
    private Action<KernelConfig, DecideArgs>? decide;
    private Source current = null!;
    private long currentLength;
    private DeviceArray<float>? partials;
    private DeviceArray<int>? all;

    /// <summary>What the measuring kernel sees.</summary>
    public readonly record struct Args(ArrayView<float> Dw, ArrayView<float> W, ArrayView<float> Partials, float L2, long DecayLength, long Length,
        ArrayView<int> Segments, int Columns);

    /// <summary>What the deciding kernel sees.</summary>
    public readonly record struct DecideArgs(ArrayView<float> Guard, ArrayView<float> Partials, ArrayView<float> Loss, int Count, float ClipNorm);

    private sealed record Source(Tensor Gradient, Tensor Weights, float L2, long DecayLength, SortedLookups? Positions, int FirstPartial)
    {
        public long Length => Positions is null ? Gradient.Length : (long)Positions.Segments * Gradient.Columns;
    }

    /// <param name="workspace">Where the guard is reserved.</param>
    /// <param name="loss">(1, 1) loss of the batch.</param>
    /// <param name="clipNorm">Largest norm of the gradient; 0 = no clipping.</param>
    public GradientGuard(Workspace workspace, Tensor loss, float clipNorm)
    {
        (device, this.loss, this.clipNorm) = (workspace.Device, loss, clipNorm);
        Guard = workspace.Tensor("guard", 1, 4);
        block = Block;
    }

    /// <summary>(1, 4): factor of the step, gradient norm, steps skipped so far, steps skipped in a row.</summary>
    public Tensor Guard { get; }

    private int PartialCount => sources.Count == 0 ? 0 : sources[^1].FirstPartial + Partials(sources[^1].Gradient.Length);

    /// <summary>Adds a gradient to the norm.</summary>
    /// <param name="gradient">Its elements.</param>
    /// <param name="weights">The weights they belong to.</param>
    /// <param name="l2">λ on the first <paramref name="decayLength"/> elements.</param>
    /// <param name="decayLength">How many elements are under L2; only where gradient and weights have one layout.</param>
    /// <param name="positions">Of a compact gradient, of which the rows of the batch count; null where all do.</param>
    public void Watch(Tensor gradient, Tensor weights, float l2, long decayLength, SortedLookups? positions = null) =>
        sources.Add(new Source(gradient, weights, l2, decayLength, positions, PartialCount));

    /// <summary>Reserves the partial sums; nothing can be watched afterwards.</summary>
    public void Seal(Workspace workspace)
    {
        partials = workspace.Array<float>("gradient norm partials", PartialCount);
        // Stands where a gradient has no positions.
        all = workspace.Array<int>("no positions", 1);
        squares = new(workspace, "gradient norm", Rows(sources.Max(s => s.Gradient.Length)), Columns);
    }

    /// <summary>Measures and decides.</summary>
    public void Run()
    {
        foreach (Source s in sources)
        {
            (current, currentLength) = (s, s.Length);
            int count = Partials(s.Gradient.Length);
            if (device.UsesSimd)
                device.Team!.Run(count, block);
            else
                squares!.Run(new(Bind(s, count)), Rows(s.Gradient.Length));
        }
        if (device.UsesSimd)
            Decide();
        else
            device.Load(ref decide, DecideKernel)(device.Grid(1), new(Guard.View, partials!.View, loss.View, PartialCount, clipNorm));
    }

    /// <summary>The launch is the same whatever the batch is: how many rows of a compact gradient count, the device knows.</summary>
    private Args Bind(Source s, int count) => new(
        s.Gradient.View, s.Weights.View, partials!.View.SubView(s.FirstPartial, count), s.L2, s.DecayLength, s.Gradient.Length,
        (s.Positions?.Count ?? all!).View, s.Positions is null ? 0 : s.Gradient.Columns);

    private int Partials(long length) => device.UsesSimd ? checked((int)((length + BlockLength - 1) / BlockLength)) : Columns;

    private static int Rows(long length) => checked((int)((length + Columns - 1) / Columns));

    /// <summary>Σ (dw + λ w)² of every 128th element.</summary>
    public readonly struct Squares(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * Columns + column;
            if (i >= (a.Columns != 0 ? (long)a.Segments[0] * a.Columns : a.Length))
                return default;
            float g = a.Dw[i] + (i < a.DecayLength ? a.L2 * a.W[i] : 0);
            return new(g * g);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Partials[column] = sums.X;
    }

    private static void DecideKernel(DecideArgs a)
    {
        for (int i = Grid.GlobalLinearIndex; i < 1; i += GridExtensions.Stride)
        {
            float sum = 0;
            for (int j = 0; j < a.Count; j++)
                sum += a.Partials[j];
            float norm = XMath.Sqrt(sum), factor = Factor(a.Loss[0], norm, a.ClipNorm);
            a.Guard[0] = factor;
            a.Guard[1] = norm;
            // Floats on both sides: ILGPU turns an integer choice that is then converted into its bits, 1.4e-45 instead of 1.
            a.Guard[2] += factor == 0 ? 1f : 0f;
            a.Guard[3] = factor == 0 ? a.Guard[3] + 1f : 0f;
        }
    }

    /// <summary>A number that is not finite minus itself is NaN, which equals nothing.</summary>
    private static float Factor(float loss, float norm, float clipNorm) =>
        loss - loss != 0 || norm - norm != 0 ? 0 : clipNorm > 0 && norm > clipNorm ? clipNorm / (norm + 1e-6f) : 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(int index)
    {
        Vector512<float> sum = default;
        long last = Math.Min(currentLength, ((long)index + 1) * BlockLength);
        for (long j = (long)index * BlockLength; j < last; j += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, last - j);
            Vector512<float> g = Lanes.Load(current.Gradient.Pointer + j, count);
            if (current.L2 != 0 && j < current.DecayLength)
                g += Lanes.Load(current.Weights.Pointer + j, (int)Math.Min(count, current.DecayLength - j)) * current.L2;
            sum = Vector512.FusedMultiplyAdd(g, g, sum);
        }
        partials!.Pointer[current.FirstPartial + index] = Vector512.Sum(sum);
    }

    private void Decide()
    {
        float sum = 0;
        for (int j = 0; j < PartialCount; j++)
            sum += partials!.Pointer[j];
        float norm = MathF.Sqrt(sum), factor = Factor(*loss.Pointer, norm, clipNorm);
        float* guard = Guard.Pointer;
        guard[0] = factor;
        guard[1] = norm;
        guard[2] += factor == 0 ? 1 : 0;
        guard[3] = factor == 0 ? guard[3] + 1 : 0;
    }
}

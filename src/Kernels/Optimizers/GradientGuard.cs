using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>Measures the norm of all gradients, and gives the step factor: 1, the clip factor, or 0 to skip the step.</summary>
/// <remarks>
/// norm² = Σ (dw + λ w)² over every parameter;  factor = min(1, clip / (norm + 1e-6)), or 1 without clipping;
/// factor = 0, the step is skipped, when loss or norm is not finite.
/// Squares are summed in a fixed order: the same bits every run on any number of threads. Gradients are read once.
/// </remarks>
public sealed partial class GradientGuard
{
    // A gradient is summed as a matrix with this number of columns.
    private const int Columns = 128;

    private readonly Device device;
    private readonly Tensor loss;
    private readonly float clipNorm;
    private readonly List<Source> sources = [];
    private DeviceArray<float> partials = null!;
    private Action? measure, decide;

    /// <summary>Arguments of the measuring kernel.</summary>
    public readonly record struct Args(ArrayView<float> Dw, ArrayView<float> W, ArrayView<float> Partials, float L2, long DecayLength, long Length,
        ArrayView<int> Segments, int Columns)
    {
        /// <summary>Elements that count in this batch.</summary>
        internal long Count => Columns != 0 ? (long)Segments[0] * Columns : Length;

        /// <summary>(dw + λ w)² of element <paramref name="i"/>.</summary>
        internal float Square(long i)
        {
            float g = Dw[i] + (i < DecayLength ? L2 * W[i] : 0);
            return g * g;
        }
    }

    /// <summary>Arguments of the deciding kernel.</summary>
    public readonly record struct DecideArgs(ArrayView<float> StepFactor, ArrayView<float> Partials, ArrayView<float> Loss, int Count, float ClipNorm);

    private sealed record Source(Tensor Gradient, Tensor Weights, float L2, long DecayLength, SortedLookups? Lookups, bool OfRank)
    {
        /// <summary>Start and number of its sums of squares among those of all gradients.</summary>
        public int FirstPartial, Partials;

        public long Length => Lookups is null ? Gradient.Length : (long)Lookups.Segments * Gradient.Columns;
    }

    /// <param name="workspace">Reserves the guard.</param>
    /// <param name="loss">The first number is the loss of the batch.</param>
    /// <param name="clipNorm">Largest norm of the gradient; 0 = no clipping.</param>
    public GradientGuard(Workspace workspace, Tensor loss, float clipNorm)
    {
        (device, this.loss, this.clipNorm) = (workspace.Device, loss, clipNorm);
        StepFactor = workspace.Tensor("guard", 1, 4);
    }

    /// <summary>(1, 4): step factor, norm of the gradient, steps skipped so far, steps skipped in a row.</summary>
    public Tensor StepFactor { get; }

    /// <summary>Adds a gradient to the norm.</summary>
    /// <param name="gradient">Its elements.</param>
    /// <param name="weights">The weights they belong to.</param>
    /// <param name="l2">λ on the first <paramref name="decayLength"/> elements.</param>
    /// <param name="decayLength">Number of elements under L2; requires that gradient and weights have the same layout.</param>
    /// <param name="lookups">Lookups of a compact gradient, of which only the rows of the batch count; null if all elements count.</param>
    /// <param name="ofRank">Whether each rank has a part of it; otherwise all have the same.</param>
    public void Watch(Tensor gradient, Tensor weights, float l2, long decayLength, SortedLookups? lookups = null, bool ofRank = false) =>
        sources.Add(new Source(gradient, weights, l2, decayLength, lookups, ofRank));

    /// <summary>Reserves the partial sums; no gradient can be added afterwards.</summary>
    public void Seal(Workspace workspace) => (measure, decide) = device.Select(() => Portable(workspace), () => Simd(workspace), () => Gpu(workspace));

    /// <summary>Measures and decides.</summary>
    public void Run()
    {
        measure!();
        if (device.Ranks.Size > 1)
            SumOverRanks();
        decide!();
    }

    /// <summary>Sums the values that differ between ranks: their parts of the loss, and the squares of gradients of which each rank has a part. All ranks then make the same decision.</summary>
    private void SumOverRanks()
    {
        device.Wait();
        device.Ranks.AllReduceSum(loss.Span(0, 1));
        foreach (Source s in sources.Where(s => s.OfRank))
            device.Ranks.AllReduceSum(partials.Span(s.FirstPartial, s.Partials));
    }

    private void Plan(Workspace workspace, Func<long, int> partialsOf)
    {
        int count = 0;
        foreach (Source s in sources)
        {
            (s.FirstPartial, s.Partials) = (count, partialsOf(s.Gradient.Length));
            count += s.Partials;
        }
        partials = workspace.Array<float>("gradient norm partials", count);
    }

    private (Action Measure, Action Decide) Portable(Workspace workspace)
    {
        Plan(workspace, static _ => Columns);
        DeviceArray<int> all = NoLookups(workspace);
        ColumnSums<Squares> squares = new(workspace, "gradient norm", Rows(sources.Max(s => s.Gradient.Length)), Columns);
        Kernel<DecideArgs> decide = new(device, DecideKernel);
        return (
            () =>
            {
                foreach (Source s in sources)
                    squares.Run(new(Bind(s, partials, all)), Rows(s.Gradient.Length));
            },
            () => decide.Run(1, new(StepFactor.View, partials.View, loss.View, (int)partials.Length, clipNorm)));
    }

    /// <summary>Dummy view for a gradient without lookups; ILGPU needs one bound.</summary>
    private static DeviceArray<int> NoLookups(Workspace workspace) => workspace.Array<int>("no lookups", 1);

    /// <summary>Launches the measurement. The launch does not depend on the batch: kernels read the number of rows of a compact gradient from device memory.</summary>
    private static Args Bind(Source s, DeviceArray<float> partials, DeviceArray<int> all) => new(
        s.Gradient.View, s.Weights.View, partials.View.SubView(s.FirstPartial, s.Partials), s.L2, s.DecayLength, s.Gradient.Length,
        (s.Lookups?.Count ?? all).View, s.Lookups is null ? 0 : s.Gradient.Columns);

    private static int Rows(long length) => checked((int)((length + Columns - 1) / Columns));

    /// <summary>Σ (dw + λ w)² of every 128th element.</summary>
    public readonly struct Squares(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * Columns + column;
            return new(i < a.Count ? a.Square(i) : 0);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Partials[column] = sums.X;
    }

    private static void DecideKernel(DecideArgs a)
    {
        for (int i = Grid.GlobalLinearIndex; i < 1; i += GridLoop.Stride)
        {
            float sum = 0;
            for (int j = 0; j < a.Count; j++)
                sum += a.Partials[j];
            Decide(a, sum);
        }
    }

    private static void Decide(DecideArgs a, float squares)
    {
        float norm = XMath.Sqrt(squares), factor = FactorOf(a.Loss[0], norm, a.ClipNorm);
        a.StepFactor[0] = factor;
        a.StepFactor[1] = norm;
        // Floats on both sides: ILGPU miscompiles the conversion of a conditional integer to float, giving its bits (1.4e-45 instead of 1).
        a.StepFactor[2] += factor == 0 ? 1f : 0f;
        a.StepFactor[3] = factor == 0 ? a.StepFactor[3] + 1f : 0f;
    }

    /// <summary>Whether a number is finite: otherwise x − x is NaN, which is unequal to 0.</summary>
    private static float FactorOf(float loss, float norm, float clipNorm) =>
        loss - loss != 0 || norm - norm != 0 ? 0 : clipNorm > 0 && clipNorm < norm ? clipNorm / (norm + 1e-6f) : 1;
}

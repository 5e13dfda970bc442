using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>Inverted dropout (Srivastava et al. 2014): each value is kept with probability 1 − p and then scaled by 1 / (1 − p).</summary>
/// <remarks>
/// y = x ∘ keep / (1 − p),  dx = dy ∘ keep / (1 − p);   evaluation: y = x, dx = dy.
/// keep is a function of (seed, step, layer, element) by Philox, equal on every device; one bit per element is stored
/// for backward. x, y (B, H)   keep ⌈B·H/32⌉ words. Bit i of word w belongs to element 32 w + i and is output i / 8 of the
/// Philox block with counter 8 w + i mod 8. On several ranks, elements are counted over the batch of all.
/// </remarks>
public sealed partial class Dropout : IOp
{
    private readonly Device device;
    private readonly Tensor x, y;
    private readonly DeviceArray<uint> keep;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly Tensor.GradientSink dx;
    private readonly Stream stream;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> X, ArrayView<float> Y, GradientView Dx, ArrayView<float> Dy, ArrayView<uint> Keep, ArrayView<StepScalars> Scalars,
        Stream Stream, long First, long Length, int Training);

    /// <summary>Random stream and rate of a dropout layer.</summary>
    public readonly partial record struct Stream(uint Layer, uint Seed0, uint Seed1, uint Threshold, float Scale)
    {
        /// <summary>Drops with probability <paramref name="rate"/> in [0, 1).</summary>
        public static Stream Of(int layer, ulong seed, double rate) =>
            new((uint)layer, (uint)seed, (uint)(seed >> 32), (uint)Math.Round(rate * 4294967296.0), (float)(1 / (1 - rate)));
    }

    /// <param name="workspace">Reserves the mask.</param>
    /// <param name="x">(B, H) input.</param>
    /// <param name="y">(B, H) output.</param>
    /// <param name="scalars">The step number.</param>
    /// <param name="stream">Random stream and rate.</param>
    public Dropout(Workspace workspace, Tensor x, Tensor y, DeviceArray<StepScalars> scalars, Stream stream)
    {
        device = workspace.Device;
        (this.x, this.y, this.scalars, this.stream) = (x, y, scalars, stream);
        keep = workspace.Array<uint>($"{y.Name} keep", Words(x.Length));
        dx = x.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x.</summary>
    public Tensor Input => x;

    /// <summary>y; equals x in evaluation.</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"dropout {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dx.Target is not null)
            variant.Backward(pass);
    }

    /// <summary>Elements of the ranks before this one.</summary>
    private long First(in Pass pass) => (long)pass.FirstRowOf(x) * x.Columns;

    private long Length(in Pass pass) => (long)pass.RowsOf(x) * x.Columns;

    private OpVariant Portable()
    {
        // One thread per word of the mask.
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new((in Pass pass) => forward.Run(Words(Length(pass)), Bind(pass)), (in Pass pass) => backward.Run(Words(Length(pass)), Bind(pass)));
    }

    private static long Words(long length) => (length + 31) / 32;

    private Args Bind(in Pass pass) => new(
        x.View, y.View, dx.View, y.BoundGradient, keep.View, scalars.View, stream, First(pass), Length(pass), pass.Training ? 1 : 0);

    private static void ForwardKernel(Args a)
    {
        uint step = (uint)a.Scalars[0].Step;
        for (long word = Grid.GlobalLinearIndex; word * 32 < a.Length; word += GridLoop.Stride)
        {
            uint bits = a.Training != 0 ? WordFrom(a.First + word * 32, step, a.Stream) : 0xFFFFFFFFu;
            float scale = a.Training != 0 ? a.Stream.Scale : 1f;
            a.Keep[word] = bits;
            long end = Math.Min(a.Length, word * 32 + 32);
            for (long i = word * 32; i < end; i++)
                a.Y[i] = (bits >> (int)(i & 31) & 1) != 0 ? a.X[i] * scale : 0f;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long word = Grid.GlobalLinearIndex; word * 32 < a.Length; word += GridLoop.Stride)
        {
            uint bits = a.Keep[word];
            float scale = a.Training != 0 ? a.Stream.Scale : 1f;
            long end = Math.Min(a.Length, word * 32 + 32);
            for (long i = word * 32; i < end; i++)
            {
                float g = (bits >> (int)(i & 31) & 1) != 0 ? a.Dy[i] * scale : 0f;
                a.Dx.Write(i, g);
            }
        }
    }

    /// <summary>The bits of 32 elements starting at any element: the elements of a rank follow those of the previous rank.</summary>
    private static uint WordFrom(long element, uint step, Stream s)
    {
        uint bits = Word(element >> 5, step, s);
        int shift = (int)(element & 31);
        if (shift != 0)
            bits = bits >> shift | Word((element >> 5) + 1, step, s) << 32 - shift;
        return bits;
    }

    private static uint Word(long word, uint step, Stream s)
    {
        uint bits = 0;
        for (uint lane = 0; lane < 8; lane++)
        {
            ulong counter = (ulong)word * 8 + lane;
            Philox.Block r = Philox.Generate((uint)counter, (uint)(counter >> 32), step, s.Layer, s.Seed0, s.Seed1);
            bits |= (r.X >= s.Threshold ? 1u : 0u) << (int)lane;
            bits |= (r.Y >= s.Threshold ? 1u : 0u) << (int)(lane + 8);
            bits |= (r.Z >= s.Threshold ? 1u : 0u) << (int)(lane + 16);
            bits |= (r.W >= s.Threshold ? 1u : 0u) << (int)(lane + 24);
        }
        return bits;
    }
}

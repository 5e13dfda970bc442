using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Dense;

/// <summary>Sum of two or three tensors of one shape: y = a + b (+ c), and every input's gradient is dy.</summary>
/// <remarks>All (B, H). One pass each way.</remarks>
public sealed unsafe partial class Add : IOp
{
    private const int BlockLength = 4096;

    private readonly Device device;
    private readonly Tensor y;
    private readonly Tensor[] inputs;
    private readonly Tensor.GradientSink[] sinks;
    private readonly Action<int> forwardBlock, backwardBlock;
    private Action<KernelConfig, Args>? forward;
    private Action<KernelConfig, BackwardArgs>? backward;
    private long length;

    /// <summary>What the forward kernel sees; an absent third input has Terms 2.</summary>
    public readonly record struct Args(ArrayView<float> Y, ArrayView<float> A, ArrayView<float> B, ArrayView<float> C, int Terms, long Length);

    /// <summary>What the backward kernel sees of one input.</summary>
    public readonly record struct BackwardArgs(GradientView Dx, ArrayView<float> Dy, long Length);

    /// <param name="device">Where it runs.</param>
    /// <param name="y">(B, H) output.</param>
    /// <param name="inputs">Two or three (B, H) inputs.</param>
    public Add(Device device, Tensor y, params Tensor[] inputs)
    {
        if (inputs.Length is < 2 or > 3 || inputs.Any(x => x.Columns != y.Columns || x.Rows != y.Rows))
            throw new Devices.KernelException($"add: {string.Join(", ", inputs.AsEnumerable())} do not sum to {y} on {device}");
        (this.device, this.y, this.inputs) = (device, y, inputs);
        // In the order of backward: a tensor that is summed with itself is first written and then added to.
        sinks = inputs.Select(x => x.Consume()).Reverse().ToArray();
        (forwardBlock, backwardBlock) = (ForwardBlock, BackwardBlock);
    }

    /// <summary>Two or three terms, (B, H).</summary>
    public IReadOnlyList<Tensor> Inputs => inputs;

    /// <summary>(B, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"add {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        length = (long)pass.RowsOf(y) * y.Columns;
        if (device.UsesSimd)
            Run(forwardBlock);
        else
            device.Load(ref forward, ForwardKernel)(device.Grid(length), new(y.View, inputs[0].View, inputs[1].View, inputs[^1].View, inputs.Length, length));
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        length = (long)pass.RowsOf(y) * y.Columns;
        if (device.UsesSimd)
        {
            Run(backwardBlock);
            return;
        }
        foreach (Tensor.GradientSink dx in sinks)
            if (dx.Target is not null)
                device.Load(ref backward, BackwardKernel)(device.Grid(length), new(dx.View, y.Gradient!.View, length));
    }

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridExtensions.Stride)
            a.Y[i] = a.A[i] + a.B[i] + (a.Terms > 2 ? a.C[i] : 0);
    }

    private static void BackwardKernel(BackwardArgs a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridExtensions.Stride)
            a.Dx.Write(i, a.Dy[i]);
    }

    private void Run(Action<int> block) => device.Team!.Run(length, BlockLength, block);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        for (long i = (long)block * BlockLength; i < Math.Min(length, (block + 1L) * BlockLength); i += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, length - i);
            Vector512<float> sum = Lanes.Load(inputs[0].Pointer + i, count) + Lanes.Load(inputs[1].Pointer + i, count);
            Lanes.Store(inputs.Length > 2 ? sum + Lanes.Load(inputs[2].Pointer + i, count) : sum, y.Pointer + i, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        foreach (Tensor.GradientSink dx in sinks)
            for (long i = (long)block * BlockLength; i < Math.Min(length, (block + 1L) * BlockLength); i += Lanes.Count)
            {
                int count = (int)Math.Min(Lanes.Count, length - i);
                dx.Write(i, Lanes.Load(y.Gradient!.Pointer + i, count), count);
            }
    }
}

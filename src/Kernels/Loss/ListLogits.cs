using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Loss;

/// <summary>The logits of the softmax probabilities of the items of a list, so that σ of a model's output is a probability for every loss: σ(z) = P.</summary>
/// <remarks>
/// z_i = s_i − log Σ_{j≠i} e^{s_j} = log P_i − log(1 − P_i),   at most 30, where P = 1 in float32, as for a list of one item.
/// s, z (B, 1), the items of a list consecutive.   Nothing is trained through it: the loss reads s (<see cref="ListCrossEntropy"/>).
/// </remarks>
public sealed class ListLogits : IOp
{
    private const float Certain = 30;

    private readonly SequenceItems lists;
    private readonly Tensor s, z;
    private readonly PassWork run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(SequenceRows Lists, ArrayView<float> S, ArrayView<float> Z);

    /// <param name="device">The device.</param>
    /// <param name="lists">Which rows are the items of a list.</param>
    /// <param name="s">(B, 1) scores.</param>
    /// <param name="z">(B, 1) output.</param>
    public ListLogits(Device device, SequenceItems lists, Tensor s, Tensor z)
    {
        (this.lists, this.s, this.z) = (lists, s, z);
        if (!lists.AreExamples || lists.HasTarget || s.Columns != 1 || z.Columns != 1 || s.RowKind != lists.Rows || z.RowKind != lists.Rows)
            throw new KernelException($"list logits: s {s} and z {z} are not those of lists on {device}");
        run = device.Select<PassWork>(() => Portable(device), () => Simd);
    }

    /// <inheritdoc/>
    public string Name => $"list logits {z.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => run(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
    }

    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, z, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => default;

    /// <summary>The rows of the graph are the items of one list.</summary>
    public void Export(IOnnxGraph g)
    {
        string scores = g[s], rows = g.Node("Range", g.Integer(0), g.Node("Gather", g.Node("Shape", scores), g.Integer(0)), g.Integer(1));
        string itself = g.Node("Equal", g.Node("Unsqueeze", rows, g.Integers(0)), g.Node("Unsqueeze", rows, g.Integers(1)));
        string others = g.Node("Where", itself, g.Number(LogSum.None.Highest), g.Transpose(scores, 1, 0));
        g[z] = g.Node("Min", g.Node("Sub", scores, g.Reduce("ReduceLogSumExp", others, 1, keep: true)), g.Number(Certain));
    }

    private PassWork Portable(Device device)
    {
        Kernel<Args> kernel = new(device, ListKernel);
        return (in Pass pass) => kernel.Run(lists.Count(pass), new(lists.Bind(pass), s.View, z.View));
    }

    /// <summary>One item = one list. For all items but the highest, Σ_{j≠i} is the sum of all without the item's own, of which at least a half is left.</summary>
    private static void ListKernel(Args a)
    {
        for (int list = Grid.GlobalLinearIndex; list < a.Lists.B; list += GridLoop.Stride)
        {
            int first = a.Lists.First(list), last = a.Lists.Last(list), top = first;
            for (int i = first; i <= last; i++)
                top = a.S[i] > a.S[top] ? i : top;
            float others = 0;
            for (int i = first; i <= last; i++)
                others += i == top ? 0 : XMath.Exp(a.S[i] - a.S[top]);
            for (int i = first; i <= last; i++)
            {
                float own = a.S[i] - a.S[top];
                float rest = i == top ? others : 1 + (others - XMath.Exp(own));
                a.Z[i] = Math.Min(Certain, own - XMath.Log(Math.Max(rest, 1e-30f)));
            }
        }
    }

    private unsafe void Simd(in Pass pass)
    {
        for (int list = 0; list < lists.Count(pass); list++)
        {
            (int first, int n) = lists.Of(list);
            float* from = s.Pointer + first, to = z.Pointer + first;
            int top = 0;
            for (int i = 1; i < n; i++)
                top = from[i] > from[top] ? i : top;
            float others = 0;
            for (int i = 0; i < n; i++)
                others += i == top ? 0 : to[i] = MathF.Exp(from[i] - from[top]);
            for (int i = 0; i < n; i++)
                to[i] = MathF.Min(Certain, from[i] - from[top] - MathF.Log(MathF.Max(i == top ? others : 1 + (others - to[i]), 1e-30f)));
        }
    }
}

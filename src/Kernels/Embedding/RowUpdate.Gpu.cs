using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>
/// On GPUs, with D a multiple of four, a thread updates four weights: 112 bytes and about 60 operations with Adam. The address of the
/// four is computed once and in 32 bits; computing it for every weight took longer than the memory accesses.
/// </summary>
public sealed partial class RowUpdate
{
    /// <summary>The same by four floats.</summary>
    public readonly record struct QuadArgs(
        ArrayView<Float4> W, ArrayView<Float4> Dw, ArrayView<Float4> M, ArrayView<Float4> V, ArrayView<int> SegmentRow, ArrayView<float> StepFactor, ArrayView<StepScalars> Scalars,
        UpdateRule Rule, ArrayView<int> Segments, int Quads);

    private Action Gpu()
    {
        if (table.Columns % 4 != 0 || Items / 4 > GridLoop.MostItems)
            return Portable();
        Kernel<QuadArgs> kernel = new(device, QuadKernel);
        return () => kernel.Run(Items / 4, ByQuads(Bind()));
    }

    private static QuadArgs ByQuads(in Args a) => new(
        a.W.Cast<Float4>(), a.Dw.Cast<Float4>(), a.M.Cast<Float4>(), a.V.Cast<Float4>(), a.SegmentRow, a.StepFactor, a.Scalars, a.Rule, a.Segments, a.D / 4);

    private static void QuadKernel(QuadArgs a)
    {
        StepScalars s = a.Scalars[0];
        float scale = a.StepFactor[0];
        int count = a.Segments[0] * a.Quads;
        for (int i = Grid.GlobalLinearIndex; i < count && scale != 0; i += GridLoop.Stride)
        {
            int segment = i / a.Quads;
            long at = (long)a.SegmentRow[segment] * a.Quads + (i - segment * a.Quads);
            Float4 w = a.W[at], m = a.M[at], v = a.V[at];
            a.Rule.Apply(ref w, a.Dw[i].Times(scale), ref m, ref v, s, s.TableEpsilon);
            a.W[at] = w;
            if (a.Rule.KeepsMeans)
                a.M[at] = m;
            if (a.Rule.KeepsSquares)
                a.V[at] = v;
        }
    }
}

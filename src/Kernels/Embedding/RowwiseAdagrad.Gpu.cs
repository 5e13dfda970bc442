using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Embedding;

/// <summary>On GPUs, with D a multiple of four, a thread takes four floats of its row at a time.</summary>
public sealed partial class RowwiseAdagrad
{
    /// <summary>The same by four floats.</summary>
    public readonly record struct QuadArgs(
        ArrayView<Float4> W, ArrayView<Float4> Dw, ArrayView<float> S, ArrayView<int> SegmentRow, ArrayView<int> Segments, ArrayView<float> StepFactor, ArrayView<StepScalars> Scalars,
        float Epsilon, float L2, long Rows, int Quads);

    private Action Gpu()
    {
        if (table.Columns % 4 != 0)
            return Portable();
        Kernel<QuadArgs> kernel = new(device, QuadKernel);
        return () => kernel.Run(MostRows, ByQuads(Bind()));
    }

    private static QuadArgs ByQuads(in Args a) => new(
        a.W.Cast<Float4>(), a.Dw.Cast<Float4>(), a.S, a.SegmentRow, a.Segments, a.StepFactor, a.Scalars, a.Epsilon, a.L2, a.Rows, a.D / 4);

    private static void QuadKernel(QuadArgs a)
    {
        float scale = a.StepFactor[0], rate = a.Scalars[0].LearningRate;
        long rows = a.Rows > 0 ? a.Rows : a.Segments[0];
        for (long i = Grid.GlobalLinearIndex; i < rows; i += GridLoop.Stride)
        {
            long row = a.Rows > 0 ? i : a.SegmentRow[i];
            Float4 squares = default;
            for (int d = 0; d < a.Quads; d++)
            {
                Float4 g = a.Dw[i * a.Quads + d].Add(a.L2, a.W[row * a.Quads + d]).Times(scale);
                squares = squares.Add(g.Times(g));
            }
            float s = a.S[row] + squares.Sum / (4 * a.Quads), step = scale * rate / (XMath.Sqrt(s) + a.Epsilon);
            for (int d = 0; d < a.Quads && scale != 0; d++)
            {
                Float4 w = a.W[row * a.Quads + d];
                a.W[row * a.Quads + d] = w.Add(-step, a.Dw[i * a.Quads + d].Add(a.L2, w));
            }
            if (scale != 0)
                a.S[row] = s;
            for (int d = 0; d < a.Quads && a.Rows > 0; d++)
                a.Dw[i * a.Quads + d] = default;
        }
    }
}

using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <content>The portable backward pass: gradients by lookup, and sums over the batch for numeric fields.</content>
public sealed partial class EmbeddingFm
{
    /// <summary>One item = one field of one row.</summary>
    private static void RowGradientsKernel(Args a)
    {
        int c = a.C;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * c; i += GridLoop.Stride)
        {
            long b = i / c;
            int field = (int)(i % c);
            float g = a.Flags.UsesFm != 0 && (field < a.F || field >= a.F + a.N || a.Flags.NumericInFm != 0) ? a.Dfm[b] : 0;
            for (int d = 0; d < a.D; d++)
            {
                long e = i * a.D + d;
                float pair = g * (a.S[b * a.D + d] - a.E[e]);
                a.De[e] = a.Flags.UsesE != 0 ? a.De[e] + pair : pair;
            }
            if (a.Flags.HasFirst != 0)
                a.Dw[i] = a.Flags.UsesFirst != 0 ? a.Dfirst[b] : 0;
        }
    }

    /// <summary>Column n·D + d is element d of dV[n]; then come du and, last, the gradient of the bias.</summary>
    public readonly struct NumericTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            int first = column - a.N * a.D;
            return new(first < 0 ? VectorTerm(row, column) : a.Flags.UsesFirst == 0 ? 0 : a.Dfirst[row] * (first < a.N ? a.X[(long)row * a.N + first] : 1));
        }

        private float VectorTerm(int row, int column)
        {
            int n = column / a.D, d = column % a.D;
            return a.X[(long)row * a.N + n] * a.De[((long)row * a.C + a.F + n) * a.D + d];
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            int first = column - a.N * a.D;
            if (first < 0)
                a.Dv[column] = sums.X;
            else if (first < a.N)
                a.Du[first] = sums.X;
            else
                a.Dbias[0] = sums.X;
        }
    }

    /// <summary>One item = one pooled list of one row.</summary>
    private static void PooledGradientsKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * a.P; i += GridLoop.Stride)
        {
            long b = i / a.P, column = b * a.C + a.F + a.N + i % a.P;
            for (int d = 0; d < a.D; d++)
                a.Dpooled[i * a.D + d] = a.De[column * a.D + d];
            if (a.Flags.HasFirst != 0)
                a.DpooledWeights[i] = a.Flags.UsesFirst != 0 ? a.Dfirst[b] : 0;
        }
    }
}

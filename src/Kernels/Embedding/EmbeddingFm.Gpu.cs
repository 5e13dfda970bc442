using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>
/// The variant for GPUs, for D a multiple of four: a thread loads four neighbouring elements of a vector (a quad) at once.
/// Forward, D / 4 threads walk every fourth field of an example together, so that 16 threads share one at D = 16; sums over fields, quads and first
/// order go through shared memory. Backward, a thread handles one quad of one field.
/// With 26 + 13 fields and D = 16: forward 4.5 kB and 2.5 kFLOP per example, backward 7.6 kB and 1.9 kFLOP. At 3 TB/s and
/// 67 TFLOP/s (H100) that is 1.5 ns of memory against 0.04 ns of arithmetic, and 2.5 against 0.03: only memory matters, and enough loads in flight:
/// 4096 examples are 16 warps a multiprocessor there with 64 bytes a thread under way, twice of what 3 TB/s at 700 ns need.
/// </summary>
public sealed partial class EmbeddingFm
{
    /// <summary>The same tensors by quads.</summary>
    /// <param name="Op">Arguments of the portable kernels.</param>
    /// <param name="Table">(ΣV, D / 4).</param>
    /// <param name="V">(N, D / 4).</param>
    /// <param name="Pooled">(B, P·D / 4).</param>
    /// <param name="E">(B, C·D / 4).</param>
    /// <param name="S">(B, D / 4).</param>
    /// <param name="De">(B, C·D / 4).</param>
    /// <param name="Quads">D / 4.</param>
    /// <param name="Lanes">Threads that share a vector.</param>
    /// <param name="Slices">Threads among which the fields of an example are divided, a power of two.</param>
    public readonly record struct QuadArgs(
        Args Op, ArrayView<Float4> Table, ArrayView<Float4> V, ArrayView<Float4> Pooled, ArrayView<Float4> E, ArrayView<Float4> S, ArrayView<Float4> De, int Quads, int Lanes, int Slices)
    {
        /// <summary>Threads of a slice.</summary>
        internal int Width => Device.GroupThreads / Slices;

        internal int GroupRows => Width / Lanes;
    }

    /// <summary>The sum of vectors, and of their squares.</summary>
    private readonly record struct QuadSums(Float4 Sum, Float4 Squares)
    {
        public QuadSums With(Float4 v) => new(Sum.Add(v), Squares.Add(v.Times(v)));

        /// <summary>Σ (Sum² − Squares).</summary>
        public float Pairs => Sum.Times(Sum).Add(-1, Squares).Sum;
    }

    private OpVariant Gpu(Workspace workspace)
    {
        if (d == 0 || d % 4 != 0 || t.Vectors.Length / 4 > GridLoop.MostItems)
            return Portable(workspace);
        Kernel<QuadArgs> forward = new(device, QuadForwardKernel), rowGradients = new(device, QuadGradientsKernel);
        return OfKernels(
            workspace,
            args =>
            {
                QuadArgs a = Bind(args);
                forward.Run(new KernelConfig((args.B + a.GroupRows - 1) / a.GroupRows, Device.GroupThreads), a);
            },
            args =>
            {
                QuadArgs a = Bind(args);
                rowGradients.Run((long)args.B * args.C * a.Quads, a);
            });
    }

    private static QuadArgs Bind(in Args a) => new(
        a, a.Table.Cast<Float4>(), a.V.Cast<Float4>(), a.Pooled.Cast<Float4>(), a.E.Cast<Float4>(), a.S.Cast<Float4>(), a.De.Cast<Float4>(),
        a.D / 4, Math.Min(a.D / 4, Device.GroupThreads), a.D <= Device.GroupThreads ? 4 : 1);

    /// <summary>Thread = [slice][example][lane].</summary>
    private static void QuadForwardKernel(QuadArgs a)
    {
        ArrayView<Float4> sums = SharedMemory.Allocate<Float4>(Device.GroupThreads), squares = SharedMemory.Allocate<Float4>(Device.GroupThreads);
        ArrayView<float> pairs = SharedMemory.Allocate<float>(Device.GroupThreads), first = SharedMemory.Allocate<float>(Device.GroupThreads);
        int thread = Group.IdxX, slice = thread / a.Width, place = thread % a.Width, row = place / a.Lanes, lane = place % a.Lanes, b = Grid.IdxX * a.GroupRows + row;
        bool takesPart = row < a.GroupRows && b < a.Op.B;
        float pairsOfLane = 0;
        // All threads sum together, so all go round equally often: the count must not depend on the thread.
        for (int done = 0; done < a.Quads; done += a.Lanes)
        {
            int q = lane + done;
            bool hasQuad = takesPart && q < a.Quads;
            QuadSums ofSlice = hasQuad ? VectorsOfSlice(a, b, q, slice) : default;
            QuadSums all = new(GroupSum.Of(sums, ofSlice.Sum, a.Width), GroupSum.Of(squares, ofSlice.Squares, a.Width));
            if (hasQuad && slice == 0)
            {
                a.S[(long)b * a.Quads + q] = all.Sum;
                pairsOfLane += all.Pairs;
            }
        }
        pairs[thread] = pairsOfLane;
        first[thread] = takesPart && a.Op.Flags.HasFirst != 0 ? FirstOrderOfThread(a.Op, b, slice * a.Lanes + lane, a.Slices * a.Lanes) : 0;
        Group.Barrier();
        if (!takesPart || slice != 0 || lane != 0)
            return;
        if (a.Op.Flags.HasFm != 0)
            a.Op.Fm[b] = 0.5f * SumOfLanes(pairs, thread, a.Lanes);
        if (a.Op.Flags.HasFirst == 0)
            return;
        float sum = a.Op.Bias[0];
        for (int s = 0; s < a.Slices; s++)
            sum += SumOfLanes(first, s * a.Width + thread, a.Lanes);
        a.Op.First[b] = sum;
    }

    /// <summary>
    /// Writes a quad of the vectors of every a.Slices-th field of example b, and returns their sums. Four table rows are in flight at a
    /// time, because the compiler moves no load before a store that may alias it.
    /// </summary>
    private static QuadSums VectorsOfSlice(QuadArgs a, int b, int q, int slice)
    {
        Args o = a.Op;
        int step = a.Slices, f = slice;
        long ids = (long)b * o.F, to = (long)b * o.C * a.Quads + q;
        QuadSums sums = default;
        for (; f + 3 * step < o.F; f += 4 * step)
        {
            Float4 v0 = TableQuad(a, ids + f, q), v1 = TableQuad(a, ids + f + step, q), v2 = TableQuad(a, ids + f + 2 * step, q), v3 = TableQuad(a, ids + f + 3 * step, q);
            a.E[to + (long)f * a.Quads] = v0;
            a.E[to + (long)(f + step) * a.Quads] = v1;
            a.E[to + (long)(f + 2 * step) * a.Quads] = v2;
            a.E[to + (long)(f + 3 * step) * a.Quads] = v3;
            sums = sums.With(v0).With(v1).With(v2).With(v3);
        }
        for (; f < o.F; f += step)
        {
            Float4 v = TableQuad(a, ids + f, q);
            a.E[to + (long)f * a.Quads] = v;
            sums = sums.With(v);
        }
        to += (long)o.F * a.Quads;
        for (int n = slice; n < o.N; n += step)
        {
            Float4 v = a.V[n * a.Quads + q].Times(o.X[(long)b * o.N + n]);
            a.E[to + (long)n * a.Quads] = v;
            if (o.Flags.NumericInFm != 0)
                sums = sums.With(v);
        }
        to += (long)o.N * a.Quads;
        for (int p = slice; p < o.P; p += step)
        {
            Float4 v = a.Pooled[((long)b * o.P + p) * a.Quads + q];
            a.E[to + (long)p * a.Quads] = v;
            sums = sums.With(v);
        }
        return sums;
    }

    private static Float4 TableQuad(QuadArgs a, long position, int q) => a.Table[(long)a.Op.Rows[position] * a.Quads + q];

    /// <summary>The first-order terms of the fields whose number equals that of the thread modulo the number of threads.</summary>
    private static float FirstOrderOfThread(Args a, int b, int thread, int threads)
    {
        float first = 0;
        for (int f = thread; f < a.F; f += threads)
            first += a.Weights[a.Rows[(long)b * a.F + f]];
        for (int n = thread; n < a.N; n += threads)
            first += a.X[(long)b * a.N + n] * a.U[n];
        for (int p = thread; p < a.P; p += threads)
            first += a.PooledWeights[(long)b * a.P + p];
        return first;
    }

    private static float SumOfLanes(ArrayView<float> parts, int from, int lanes)
    {
        float sum = 0;
        for (int lane = 0; lane < lanes; lane++)
            sum += parts[from + lane];
        return sum;
    }

    /// <summary>One item = one quad of one field of one row.</summary>
    private static void QuadGradientsKernel(QuadArgs a)
    {
        Args o = a.Op;
        int c = o.C;
        for (int i = Grid.GlobalLinearIndex; i < o.B * c * a.Quads; i += GridLoop.Stride)
        {
            int column = i / a.Quads, q = i - column * a.Quads, b = column / c, field = column - b * c;
            float g = o.Flags.UsesFm != 0 && (field < o.F || field >= o.F + o.N || o.Flags.NumericInFm != 0) ? o.Dfm[b] : 0;
            Float4 pair = a.S[(long)b * a.Quads + q].Add(-1, a.E[i]).Times(g);
            a.De[i] = o.Flags.UsesE != 0 ? a.De[i].Add(pair) : pair;
            if (q == 0 && o.Flags.HasFirst != 0)
                o.Dw[column] = o.Flags.UsesFirst != 0 ? o.Dfirst[b] : 0;
        }
    }
}

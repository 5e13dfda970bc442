using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuCtr.Kernels.Simd;

/// <summary>Transposes small matrices in registers, four by four values at a time.</summary>
internal static unsafe class Transpose
{
    private const int Side = 4;

    /// <summary>to = fromᵀ.</summary>
    /// <param name="from">(rows, columns).</param>
    /// <param name="rows">Rows of from.</param>
    /// <param name="columns">Columns of from.</param>
    /// <param name="to">(columns, stride), of which the first rows columns are written.</param>
    /// <param name="stride">Distance of two rows of to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* from, int rows, int columns, float* to, int stride)
    {
        int wholeRows = Sse.IsSupported ? rows / Side * Side : 0, wholeColumns = columns / Side * Side;
        for (int i = 0; i < wholeRows; i += Side)
        {
            for (int j = 0; j < wholeColumns; j += Side)
                Square(from + i * columns + j, columns, to + j * stride + i, stride);
            Single(from, columns, to, stride, i, i + Side, wholeColumns, columns);
        }
        Single(from, columns, to, stride, wholeRows, rows, 0, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(float* from, int columns, float* to, int stride)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + columns), c = Vector128.Load(from + 2 * columns), d = Vector128.Load(from + 3 * columns);
        Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d), ab2 = Sse.UnpackHigh(a, b), cd2 = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(to);
        Sse.MoveHighToLow(cd, ab).Store(to + stride);
        Sse.MoveLowToHigh(ab2, cd2).Store(to + 2 * stride);
        Sse.MoveHighToLow(cd2, ab2).Store(to + 3 * stride);
    }

    private static void Single(float* from, int columns, float* to, int stride, int firstRow, int endRow, int firstColumn, int endColumn)
    {
        for (int j = firstColumn; j < endColumn; j++)
            for (int i = firstRow; i < endRow; i++)
                to[j * stride + i] = from[i * columns + j];
    }
}

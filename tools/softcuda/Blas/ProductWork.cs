using System.Numerics;
using GpuCtr.SoftCuda.Driver;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Blas;

/// <summary>C = alpha · op(A) · op(B) + beta · C, on columns (<c>cublasGemmEx</c>); summed in float in the order of k. With beta 0, C is not read.</summary>
/// <param name="A">(M, K), or (K, M) if it is transposed.</param>
/// <param name="TransposesA">Whether op(A) is Aᵀ.</param>
/// <param name="B">(K, N), or (N, K) if it is transposed.</param>
/// <param name="TransposesB">Whether op(B) is Bᵀ.</param>
/// <param name="C">(M, N).</param>
/// <param name="K">Length of the sums.</param>
/// <param name="Alpha">Factor of the product.</param>
/// <param name="Beta">Factor of what C held.</param>
/// <param name="Rounding">What factors are rounded to.</param>
internal sealed record ProductWork(Matrix A, bool TransposesA, Matrix B, bool TransposesB, Matrix C, int K, float Alpha, float Beta, Rounding Rounding) : IWork
{
    /// <inheritdoc/>
    public string Name => $"cublasGemmEx of {C.Rows}×{C.Columns}×{K}";

    /// <inheritdoc/>
    public IEnumerable<ulong> Addresses => [A.Address, B.Address, C.Address];

    /// <inheritdoc/>
    public CudaResult Run(Engine engine, bool inGraph)
    {
        // a (M, K) by columns, b (K, N) by columns.
        float[] a = A.Read(engine, Name, Rounding, TransposesA), b = B.Read(engine, Name, Rounding, TransposesB);
        float[] c = Beta == 0 ? new float[C.Rows * C.Columns] : C.Read(engine, Name, Rounding.None, transposes: false);
        float[] sums = new float[C.Rows];
        for (int j = 0; j < C.Columns; j++)
        {
            Array.Clear(sums);
            for (int k = 0; k < K; k++)
                AddScaled(sums, a.AsSpan(k * C.Rows, C.Rows), b[j * K + k]);
            Span<float> column = c.AsSpan(j * C.Rows, C.Rows);
            for (int i = 0; i < column.Length; i++)
                column[i] = Alpha * sums[i] + (Beta == 0 ? 0 : Beta * column[i]);
        }
        C.Write(engine, c);
        return CudaResult.Success;
    }

    /// <summary>sums += column · factor, with one rounding, as a GPU does it.</summary>
    private static void AddScaled(Span<float> sums, ReadOnlySpan<float> column, float factor)
    {
        int i = 0;
        for (; i <= sums.Length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.FusedMultiplyAdd(new Vector<float>(column[i..]), new Vector<float>(factor), new Vector<float>(sums[i..])).CopyTo(sums[i..]);
        for (; i < sums.Length; i++)
            sums[i] = MathF.FusedMultiplyAdd(column[i], factor, sums[i]);
    }
}

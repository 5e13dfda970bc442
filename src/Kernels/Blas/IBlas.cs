using ILGPU;

namespace GpuCtr.Kernels.Blas;

/// <summary>A matrix product in BLAS form, column-major: C (M, N) = op(A) (M, K) · op(B) (K, N) + β C, element (i, j) of a matrix X at X[i + j · LdX].</summary>
/// <param name="TransposeA">op(A) is the transpose of A (K, M).</param>
/// <param name="TransposeB">op(B) is the transpose of B (N, K).</param>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">Depth.</param>
/// <param name="A">First factor.</param>
/// <param name="LdA">Its leading dimension.</param>
/// <param name="B">Second factor.</param>
/// <param name="LdB">Its leading dimension.</param>
/// <param name="Beta">0 or 1.</param>
/// <param name="C">Result.</param>
/// <param name="LdC">Its leading dimension.</param>
public readonly record struct BlasProduct(
    bool TransposeA, bool TransposeB, int M, int N, int K, ArrayView<float> A, int LdA, ArrayView<float> B, int LdB, float Beta, ArrayView<float> C, int LdC);

/// <summary>A library of matrix products: the vendor's on its GPUs, a scalar stand-in elsewhere.</summary>
internal interface IBlas : IDisposable
{
    /// <summary>Starts a product on the device's stream.</summary>
    void Run(in BlasProduct p);
}

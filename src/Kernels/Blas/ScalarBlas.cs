using GpuCtr.Kernels.Devices;
using ILGPU;

namespace GpuCtr.Kernels.Blas;

/// <summary>A stand-in for cuBLAS with one element per thread, so that the code around library calls is tested on every device.</summary>
/// <remarks>Never chosen automatically; `--kernels library` selects it on devices other than NVIDIA GPUs.</remarks>
public sealed class ScalarBlas(Device device) : IBlas
{
    private readonly Kernel<Args> kernel = new(device, Kernel);

    /// <summary>Kernel arguments; element (i, k) of op(A) is at A[i · ARow + k · ACol], likewise B.</summary>
    public readonly record struct Args(
        ArrayView<float> A, ArrayView<float> B, ArrayView<float> C, int M, int N, int K, int ARow, int ACol, int BRow, int BCol, int LdC, float Beta);

    void IBlas.Run(in BlasProduct p)
    {
        Args args = new(p.A, p.B, p.C, p.M, p.N, p.K, p.TransposeA ? p.LdA : 1, p.TransposeA ? 1 : p.LdA, p.TransposeB ? p.LdB : 1, p.TransposeB ? 1 : p.LdB, p.LdC, p.Beta);
        kernel.Run((long)p.M * p.N, args);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static void Kernel(Args a)
    {
        for (long item = Grid.GlobalLinearIndex; item < (long)a.M * a.N; item += GridLoop.Stride)
        {
            long i = item % a.M, j = item / a.M;
            float sum = 0;
            for (long k = 0; k < a.K; k++)
                sum += a.A[i * a.ARow + k * a.ACol] * a.B[k * a.BRow + j * a.BCol];
            a.C[i + j * a.LdC] = a.Beta != 0 ? sum + a.Beta * a.C[i + j * a.LdC] : sum;
        }
    }
}

using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Driver;

namespace GpuCtr.SoftCuda.Blas;

/// <summary>The functions of cuBLAS that products need.</summary>
internal static unsafe class Exports
{
    private const int Float32 = 0;

    private static CudaProcess Process => Machine.Current.Process;

    [UnmanagedCallersOnly(EntryPoint = "cublasCreate_v2")]
    private static int Create(nint* handle) => Status(Process.CallInContext("cublasCreate_v2", context => *handle = Process.CreateBlas(context)));

    [UnmanagedCallersOnly(EntryPoint = "cublasDestroy_v2")]
    private static int Destroy(nint handle) => Status(Process.CallInContext("cublasDestroy_v2", _ => Process.DestroyBlas(handle)));

    [UnmanagedCallersOnly(EntryPoint = "cublasSetStream_v2")]
    private static int SetStream(nint handle, nint stream) => Status(Process.CallInContext("cublasSetStream_v2", context => Process.SetStream(context, handle, stream)));

    [UnmanagedCallersOnly(EntryPoint = "cublasSetWorkspace_v2")]
    private static int SetWorkspace(nint handle, ulong address, nuint bytes) =>
        Status(Process.CallInContext("cublasSetWorkspace_v2", context => Process.SetWorkspace(context, handle, address, (long)bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cublasGemmEx")]
    private static int GemmEx(
        nint handle, int transposesA, int transposesB, int m, int n, int k, float* alpha, ulong a, int typeA, int ldA,
        ulong b, int typeB, int ldB, float* beta, ulong c, int typeC, int ldC, int computeType, int algorithm) =>
        Status(Process.CallInContext("cublasGemmEx", context =>
        {
            if (transposesA is not (0 or 1) || transposesB is not (0 or 1) || m < 0 || n < 0 || k < 0)
                throw new Refusal(CudaResult.InvalidValue, $"sizes {m}, {n}, {k} and transpositions {transposesA}, {transposesB} are none of a product");
            if ((typeA, typeB, typeC) != (Float32, Float32, Float32) || Roundings.Of(computeType) is not { } rounding)
                throw new Refusal(CudaResult.NotSupported, $"this machine does not multiply types {typeA}, {typeB} to {typeC} by compute type {computeType}");
            Process.Multiply(context, handle, new(
                transposesA == 0 ? new(a, m, k, ldA) : new(a, k, m, ldA), transposesA == 1,
                transposesB == 0 ? new(b, k, n, ldB) : new(b, n, k, ldB), transposesB == 1,
                new(c, m, n, ldC), k, *alpha, *beta, rounding));
        }));

    /// <summary>The status (<c>cublasStatus_t</c>) for a code of the driver.</summary>
    private static int Status(CudaResult code) => code switch
    {
        CudaResult.Success => 0,
        // CUBLAS_STATUS_NOT_INITIALIZED, _INVALID_VALUE, _NOT_SUPPORTED, _EXECUTION_FAILED.
        CudaResult.InvalidHandle or CudaResult.InvalidContext or CudaResult.NotInitialized => 1,
        CudaResult.InvalidValue => 7,
        CudaResult.NotSupported => 15,
        _ => 13,
    };
}

using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Blas;

/// <summary>cuBLAS of CUDA 11, 12 or 13, whichever this machine has. Only the library is needed, not a toolkit (pip's nvidia-cublas suffices).</summary>
/// <remarks>One handle on the device's stream with its own workspace: the same product gives the same bits on the same GPU.</remarks>
internal sealed unsafe class CuBlas : IBlas
{
    private const int WorkspaceBytes = 32 << 20;

    // CUDA_R_32F: storage type of all three matrices. CUBLAS_GEMM_DEFAULT: the library chooses the algorithm.
    private const int StoredFloat32 = 0, AnyAlgorithm = -1;

    // A name from the environment first, then the newest versions first.
    private static readonly string[] names = OperatingSystem.IsWindows()
        ? ["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"]
        : ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"];

    private readonly Accelerator accelerator;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> workspace;
    private readonly nint library, handle;
    private readonly int computeType;
    private readonly delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, int, nint, int, int, float*, nint, int, int, int, int, int> multiply;

    private CuBlas(nint library, Accelerator accelerator, CudaStream stream, Precision precision)
    {
        (this.library, this.accelerator) = (library, accelerator);
        accelerator.Bind();
        nint created;
        Check(((delegate* unmanaged<nint*, int>)Export("cublasCreate_v2"))(&created), "cublasCreate");
        handle = created;
        Check(((delegate* unmanaged<nint, nint, int>)Export("cublasSetStream_v2"))(handle, stream.StreamPtr), "cublasSetStream");
        workspace = accelerator.Allocate1D<byte>(WorkspaceBytes);
        Check(((delegate* unmanaged<nint, nint, nuint, int>)Export("cublasSetWorkspace_v2"))(handle, workspace.NativePtr, WorkspaceBytes), "cublasSetWorkspace");
        computeType = ComputeType(precision);
        multiply = (delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, int, nint, int, int, float*, nint, int, int, int, int, int>)Export("cublasGemmEx");
    }

    /// <summary>The names searched for, for messages.</summary>
    public static string Names => string.Join(", ", names);

    /// <summary>The library on this device's stream; null if the machine does not have it.</summary>
    /// <exception cref="DeviceException">The library was found but does not work.</exception>
    public static CuBlas? TryOpen(Accelerator accelerator, CudaStream stream, Precision precision)
    {
        string? named = Environment.GetEnvironmentVariable("GPU_CTR_CUBLAS");
        foreach (string name in string.IsNullOrEmpty(named) ? names : [named, .. names])
            if (NativeLibrary.TryLoad(name, out nint library))
                return new CuBlas(library, accelerator, stream, precision);
        return null;
    }

    /// <inheritdoc/>
    public void Run(in BlasProduct p)
    {
        float one = 1, beta = p.Beta;
        accelerator.Bind();
        int status = multiply(
            handle, p.TransposeA ? 1 : 0, p.TransposeB ? 1 : 0, p.M, p.N, p.K, &one, Address(p.A), StoredFloat32, p.LdA,
            Address(p.B), StoredFloat32, p.LdB, &beta, Address(p.C), StoredFloat32, p.LdC, computeType, AnyAlgorithm);
        Check(status, "cublasGemmEx");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        accelerator.Bind();
        _ = ((delegate* unmanaged<nint, int>)Export("cublasDestroy_v2"))(handle);
        workspace.Dispose();
        NativeLibrary.Free(library);
    }

    /// <summary>cublasComputeType_t: CUBLAS_COMPUTE_32F_FAST_TF32, _FAST_16BF or _PEDANTIC, which is plain float32 whatever the environment says.</summary>
    private static int ComputeType(Precision precision) => precision switch
    {
        Precision.Tf32 => 77,
        Precision.Bf16 => 75,
        _ => 69,
    };

    private static nint Address(ArrayView<float> view) => view.LoadEffectiveAddressAsPtr();

    private nint Export(string name) =>
        NativeLibrary.TryGetExport(library, name, out nint address) ? address : throw new DeviceException($"cuBLAS has no {name}; remove it or name another by GPU_CTR_CUBLAS");

    private static void Check(int status, string call)
    {
        if (status != 0)
            throw new DeviceException($"{call} failed with status {status}; `--kernels tiled` goes without cuBLAS");
    }
}

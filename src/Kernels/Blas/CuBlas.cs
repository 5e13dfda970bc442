using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Blas;

/// <summary>cuBLAS of CUDA 11, 12 or 13, whichever works on this machine. Only the library is needed, not a toolkit (pip's nvidia-cublas suffices).</summary>
/// <remarks>One handle on the device's stream with its own workspace: the same product gives the same bits on the same GPU.</remarks>
internal sealed unsafe class CuBlas : IBlas
{
    private const int WorkspaceBytes = 32 << 20, ProbeSide = 4;

    // CUDA_R_32F: storage type of all three matrices. CUBLAS_GEMM_DEFAULT: the library chooses the algorithm.
    private const int StoredFloat32 = 0, AnyAlgorithm = -1;

    private readonly DriverCalls calls;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> workspace;
    private readonly nint handle;
    private readonly int computeType;

    private CuBlas(nint library, Accelerator accelerator, CudaStream stream, Precision precision)
    {
        calls = new DriverCalls(name => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0, accelerator.Bind, static name => $"it has no {name}");
        computeType = ComputeType(precision);
        nint created;
        Check(((delegate* unmanaged<nint*, int>)calls["cublasCreate_v2"])(&created), "cublasCreate");
        handle = created;
        workspace = accelerator.Allocate1D<byte>(WorkspaceBytes);
        try
        {
            Check(((delegate* unmanaged<nint, nint, int>)calls["cublasSetStream_v2"])(handle, stream.StreamPtr), "cublasSetStream");
            Check(((delegate* unmanaged<nint, nint, nuint, int>)calls["cublasSetWorkspace_v2"])(handle, workspace.NativePtr, WorkspaceBytes), "cublasSetWorkspace");
            Probe(accelerator, stream);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The newest library that works on this device; without one, null and the reasons.</summary>
    public static (CuBlas? Library, string Note) Open(Accelerator accelerator, CudaStream stream, Precision precision) =>
        Open(CuBlasFiles.All(), Load, library => new CuBlas(library, accelerator, stream, precision));

    /// <summary>The first of several files that works; without one, null and the reasons.</summary>
    /// <param name="files">Names and paths.</param>
    /// <param name="load">A library; 0 if there is none at this path.</param>
    /// <param name="open">Fails if the library does not work.</param>
    internal static (T? Library, string Note) Open<T>(IEnumerable<string> files, Func<string, nint> load, Func<nint, T> open) where T : class
    {
        List<string> failed = [];
        foreach (string file in files)
        {
            if (load(file) is not (var library and not 0))
                continue;
            try
            {
                return (open(library), $"matrix products by cuBLAS ({file})");
            }
            catch (Exception e) when (e is DeviceException or AcceleratorException)
            {
                failed.Add($"{file}: {DriverText.Reason(e)}");
            }
        }
        return (null, failed.Count > 0
            ? $"cuBLAS does not work here ({string.Join("; ", failed)})"
            : $"cuBLAS was not found: `pip install nvidia-cublas` installs it, or set {CuBlasFiles.Variable} to its path");
    }

    /// <inheritdoc/>
    public void Run(in BlasProduct p)
    {
        float one = 1, beta = p.Beta;
        int status = ((delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, int, nint, int, int, float*, nint, int, int, int, int, int>)calls["cublasGemmEx"])(
            handle, p.TransposeA ? 1 : 0, p.TransposeB ? 1 : 0, p.M, p.N, p.K, &one, Address(p.A), StoredFloat32, p.LdA,
            Address(p.B), StoredFloat32, p.LdB, &beta, Address(p.C), StoredFloat32, p.LdC, computeType, AnyAlgorithm);
        Check(status, "cublasGemmEx");
    }

    /// <summary>Frees the handle. The library stays loaded: at exit its own threads may still be running.</summary>
    public void Dispose()
    {
        _ = ((delegate* unmanaged<nint, int>)calls["cublasDestroy_v2"])(handle);
        workspace.Dispose();
    }

    /// <summary>A small product, because a library may open on a GPU for which it has no kernels.</summary>
    private void Probe(Accelerator accelerator, CudaStream stream)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> memory = accelerator.Allocate1D<float>(2 * ProbeSide * ProbeSide);
        float[] values = new float[memory.Length];
        Array.Fill(values, 1);
        memory.View.CopyFromCPU(stream, values);
        ArrayView<float> ones = memory.View.AsContiguous().SubView(0, ProbeSide * ProbeSide), product = memory.View.AsContiguous().SubView(ProbeSide * ProbeSide);
        Run(new BlasProduct(false, false, ProbeSide, ProbeSide, ProbeSide, ones, ProbeSide, ones, ProbeSide, 0, product, ProbeSide));
        memory.View.CopyToCPU(stream, values);
        if (Array.FindIndex(values, ProbeSide * ProbeSide, v => v != ProbeSide) is var wrong and >= 0)
            throw new DeviceException($"a product of ones is {values[wrong]:R} instead of {ProbeSide}");
    }

    private static nint Load(string file)
    {
        if (CuBlasFiles.Companion(file) is { } companion)
            _ = NativeLibrary.TryLoad(companion, out _);
        return NativeLibrary.TryLoad(file, out nint library) ? library : 0;
    }

    /// <summary>cublasComputeType_t: CUBLAS_COMPUTE_32F_FAST_TF32, _FAST_16BF or _PEDANTIC, which is plain float32 regardless of environment variables.</summary>
    private static int ComputeType(Precision precision) => precision switch
    {
        Precision.Tf32 => 77,
        Precision.Bf16 => 75,
        _ => 69,
    };

    private static nint Address(ArrayView<float> view) => view.LoadEffectiveAddressAsPtr();

    private static void Check(int status, string call)
    {
        if (status != 0)
            throw new DeviceException($"{call} failed with status {status}{Meaning(status)}; `--kernels tiled` goes without cuBLAS");
    }

    /// <summary>cublasStatus_t.</summary>
    private static string Meaning(int status) => status switch
    {
        1 => " (not initialized: often a driver that is older than this cuBLAS)",
        3 => " (too little memory)",
        8 or 15 => " (not supported on this GPU)",
        13 => " (execution failed)",
        _ => "",
    };
}

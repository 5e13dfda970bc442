using System.Reflection;
using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Compiles kernels to PTX with the settings of a device, without a driver and without a GPU.</summary>
internal sealed class PtxCompiler : IDisposable
{
    private readonly Context context;
    private readonly PTXBackend backend;

    /// <param name="architecture">Of the GPU.</param>
    /// <param name="instructions">What the driver reads; null = as ptxas 11.8 does.</param>
    public PtxCompiler(CudaArchitecture architecture, CudaInstructionSet? instructions = null)
    {
        context = Context.Create(b => DeviceCatalog.Common(b));
        backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, instructions ?? CudaInstructionSet.ISA_78, null);
        Order.Watch(backend);
    }

    /// <summary>Whether accesses to memory keep their order.</summary>
    public MemoryOrder Order { get; } = new();

    /// <summary>The PTX of a kernel as ILGPU writes it.</summary>
    public string CompileAsIs(MethodInfo kernel) => KernelText.Compile(backend, kernel).PTXAssembly;

    /// <summary>The PTX of a kernel as a launcher would hand it to the driver.</summary>
    public string Compile(MethodInfo kernel) => CudaKernels.Compile(backend, kernel).PTXAssembly;

    public void Dispose()
    {
        backend.Dispose();
        context.Dispose();
    }
}

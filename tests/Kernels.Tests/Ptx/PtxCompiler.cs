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

    public PtxCompiler(CudaArchitecture architecture)
    {
        context = Context.Create(b => DeviceCatalog.Common(b));
        backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
    }

    /// <summary>The PTX of a kernel as a launcher would hand it to the driver.</summary>
    public string Compile(MethodInfo kernel) => CudaKernels.Compile(backend, kernel).PTXAssembly;

    public void Dispose()
    {
        backend.Dispose();
        context.Dispose();
    }
}

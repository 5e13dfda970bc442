using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Devices;

/// <summary>Compiles kernels to PTX and loads them on a CUDA device.</summary>
internal static partial class CudaKernels
{
    // A process may open a GPU many times, to train, to score and to exchange a model; ILGPU would compile every kernel again.
    private static readonly ConcurrentDictionary<(MethodInfo Kernel, CudaArchitecture, CudaInstructionSet), PTXCompiledKernel> known = [];

    /// <summary>The launcher of a kernel.</summary>
    /// <exception cref="DeviceException">The driver refuses the kernel; the message contains that of its compiler.</exception>
    public static Action<AcceleratorStream, KernelConfig, TArgs> Load<TArgs>(CudaAccelerator accelerator, CudaDriver? driver, MethodInfo kernel) where TArgs : struct
    {
        PTXBackend backend = accelerator.Backend;
        PTXCompiledKernel compiled = known.GetOrAdd((kernel, backend.Architecture, backend.InstructionSet), static (key, backend) => Compile(backend, key.Kernel), backend);
        try
        {
            return accelerator.LoadKernel(compiled).CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, TArgs>>();
        }
        catch (CudaException e)
        {
            string log = driver?.CompilerLog(compiled.PTXAssembly) ?? "";
            throw new DeviceException($"{accelerator.Name} does not load kernel {kernel.DeclaringType?.Name}.{kernel.Name}: {DriverText.Reason(e)}{(log.Length > 0 ? $"; its driver's compiler says: {log}" : "")}", e);
        }
    }

    /// <summary>A kernel as PTX, in which no conditional branch claims to be uniform.</summary>
    /// <remarks>
    /// ILGPU 1.5.3 marks a branch `.uni` if its condition does not depend on the thread through operands. It ignores that a value may depend
    /// on the path that a thread took to it, so some marks are wrong, and the behaviour of such a branch is undefined (PTX ISA, "bra").
    /// The driver's compiler finds uniform branches itself.
    /// </remarks>
    public static PTXCompiledKernel Compile(PTXBackend backend, MethodInfo kernel) => KernelText.Compile(backend, kernel).With(static ptx => ClaimsUniform().Replace(ptx, "$1"));

    [GeneratedRegex(@"(@!?%p\d+\s+bra|\bbrx\.idx)\.uni\b")]
    private static partial Regex ClaimsUniform();
}

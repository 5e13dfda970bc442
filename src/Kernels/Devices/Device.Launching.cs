using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Devices;

/// <summary>How kernels are compiled, given a shape and launched, recorded or noted.</summary>
public sealed partial class Device
{
    // ILGPU's own cache drops kernels at the next garbage collection, and compiling takes up to half a second.
    private readonly Dictionary<MethodInfo, Delegate> launchers = [];

    /// <summary>Threads per group on GPUs, and in tiled kernels on every device.</summary>
    internal const int GroupThreads = 64;

    /// <summary>Records launches to be repeated as one; null if the device has no graphs, with portable kernels, and with GPU_CTR_GRAPH=off.</summary>
    internal ILaunchRecorder? Recorder { get; set; }

    /// <summary>Why a CUDA device has no <see cref="Recorder"/>; else null.</summary>
    internal string? RecorderRefusal { get; }

    /// <summary>Collects launches instead of running them while a <see cref="LaunchList"/> records.</summary>
    internal List<Action>? Recording { get; set; }

    /// <summary>Launch shape for a grid-stride kernel over <paramref name="items"/> work items.</summary>
    /// <remarks>On the CPU accelerator one group of one thread per core, because everything else is far slower there; many small groups elsewhere.</remarks>
    internal KernelConfig Grid(long items)
    {
        if (Kind == DeviceKind.Cpu)
            return new KernelConfig(accelerator.Value.NumMultiprocessors, 1);
        long groups = Math.Clamp((items + GroupThreads - 1) / GroupThreads, 1, accelerator.Value.NumMultiprocessors * 32L);
        return new KernelConfig((int)groups, GroupThreads);
    }

    /// <summary>Records launches instead of compiling and running them, for tests of which kernels an op uses; null: kernels run.</summary>
    internal List<MethodInfo>? Noted { get; set; }

    /// <summary>The launcher of a kernel, compiled on first use for all ops of this device.</summary>
    internal Action<KernelConfig, TArgs> Load<TArgs>(Action<TArgs> kernel) where TArgs : struct
    {
        if (Noted is not null)
            return (_, _) => Noted.Add(kernel.Method);
        if (!DeviceCatalog.CompilesKernels)
            throw new DeviceException($"{kernel.Method.Name} has no SIMD variant, and a program that was compiled ahead of time cannot compile it");
        if (!launchers.TryGetValue(kernel.Method, out Delegate? compiled))
        {
            Action<AcceleratorStream, KernelConfig, TArgs> launch = accelerator.Value switch
            {
                CudaAccelerator cuda => CudaKernels.Load<TArgs>(cuda, driver, kernel.Method),
                CLAccelerator cl => OpenClKernels.Load<TArgs>(cl, kernel.Method),
                var cpu => cpu.LoadKernel(kernel),
            };
            launchers.Add(kernel.Method, compiled = (Action<KernelConfig, TArgs>)((config, args) => Launch(launch, config, args)));
        }
        return (Action<KernelConfig, TArgs>)compiled;
    }

    private void Launch<TArgs>(Action<AcceleratorStream, KernelConfig, TArgs> launch, KernelConfig config, in TArgs args) where TArgs : struct
    {
        if (Recording is { } list)
            Add(list, launch, config, args);
        else
            launch(Stream, config, args);
    }

    private void Add<TArgs>(List<Action> list, Action<AcceleratorStream, KernelConfig, TArgs> launch, KernelConfig config, TArgs args) where TArgs : struct =>
        list.Add(() => launch(Stream, config, args));
}

using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Devices;

/// <summary>Compiles kernels to OpenCL C and loads them on an OpenCL device.</summary>
internal static partial class OpenClKernels
{
    /// <summary>The launcher of a kernel, compiled by the driver unless it has kept the program.</summary>
    public static Action<AcceleratorStream, KernelConfig, TArgs> Load<TArgs>(CLAccelerator accelerator, MethodInfo kernel) where TArgs : struct =>
        accelerator.LoadKernel(Compile(accelerator.Backend, kernel)).CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, TArgs>>();

    /// <summary>A kernel as OpenCL C, the same text in every process.</summary>
    /// <remarks>
    /// Drivers cache compiled kernels by their source. ILGPU's names in the source end in numbers that count everything the process
    /// has compiled so far; here they are renumbered from 0 in each program, so that the cache finds a program again, in whatever order programs are compiled.
    /// </remarks>
    public static CLCompiledKernel Compile(CLBackend backend, MethodInfo kernel) => KernelText.Compile(backend, kernel).With(Renumber);

    /// <summary>Numbers behind underscores become 0, 1, …, in order of first occurrence: equal numbers stay equal, and different ones different.</summary>
    internal static string Renumber(string source)
    {
        Dictionary<string, int> numbers = [];
        return Number().Replace(source, m => $"{(numbers.TryGetValue(m.Value, out int n) ? n : numbers[m.Value] = numbers.Count)}");
    }

    [GeneratedRegex(@"(?<=_)\d+")]
    private static partial Regex Number();
}

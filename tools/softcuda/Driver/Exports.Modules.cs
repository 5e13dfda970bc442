using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Execution;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Modules and launches.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadData")]
    private static CudaResult ModuleLoadData(nint* module, nint text) => Process.CallInContext("cuModuleLoadData", _ => Set(module, Process.LoadModule(Text(text), default)));

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadDataEx")]
    private static CudaResult ModuleLoadDataEx(nint* module, nint text, uint count, int* options, nint* values) =>
        Process.CallInContext("cuModuleLoadDataEx", _ => Set(module, Process.LoadModule(Text(text), JitLog.Of((int)count, options, values))));

    [UnmanagedCallersOnly(EntryPoint = "cuModuleUnload")]
    private static CudaResult ModuleUnload(nint module) => Process.CallInContext("cuModuleUnload", context => Process.UnloadModule(context, module));

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetFunction")]
    private static CudaResult ModuleGetFunction(nint* function, nint module, nint name) =>
        Process.CallInContext("cuModuleGetFunction", _ => Set(function, Process.Function(module, Text(name))));

    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernel")]
    private static CudaResult LaunchKernel(
        nint function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes, nint stream, void** parameters, void** extra) =>
        Process.CallInContext("cuLaunchKernel", context =>
            Process.Launch(context, function, new(gridX, gridY, gridZ), new(blockX, blockY, blockZ), sharedBytes, stream, parameters, extra));

    private static string Text(nint address) =>
        Marshal.PtrToStringUTF8(address) ?? throw new Refusal(CudaResult.InvalidValue, "the address of the text is 0");
}

using System.Runtime.InteropServices;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Memory.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "cuMemGetInfo_v2")]
    private static CudaResult MemGetInfo(nuint* free, nuint* total) => Process.CallInContext("cuMemGetInfo_v2", _ =>
    {
        Set(free, (nuint)Process.MemoryInfo.Free);
        Set(total, (nuint)Process.MemoryInfo.Total);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemAlloc_v2")]
    private static CudaResult MemAlloc(ulong* address, nuint bytes) => Process.CallInContext("cuMemAlloc_v2", context => Set(address, Process.Allocate(context, (long)bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemFree_v2")]
    private static CudaResult MemFree(ulong address) => Process.CallInContext("cuMemFree_v2", context => Process.Free(context, address));

    [UnmanagedCallersOnly(EntryPoint = "cuMemAllocHost_v2")]
    private static CudaResult MemAllocHost(nint* address, nuint bytes) => Process.CallInContext("cuMemAllocHost_v2", _ => Set(address, Process.AllocateHost((long)bytes)));

    [UnmanagedCallersOnly(EntryPoint = "cuMemFreeHost")]
    private static CudaResult MemFreeHost(nint address) => Process.CallInContext("cuMemFreeHost", context => Process.FreeHost(context, address));

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostRegister_v2")]
    private static CudaResult MemHostRegister(ulong address, nuint bytes, uint flags) => Process.CallInContext("cuMemHostRegister_v2", _ => Process.Register(address, (long)bytes));

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostUnregister")]
    private static CudaResult MemHostUnregister(ulong address) => Process.CallInContext("cuMemHostUnregister", context => Process.Unregister(context, address));

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostGetDevicePointer_v2")]
    private static CudaResult MemHostGetDevicePointer(ulong* device, ulong host, uint flags) =>
        Process.CallInContext("cuMemHostGetDevicePointer_v2", _ => Set(device, Process.DevicePointer(host)));

    [UnmanagedCallersOnly(EntryPoint = "cuPointerGetAttribute")]
    private static CudaResult PointerGetAttribute(int* value, int attribute, ulong address) => Process.CallInContext("cuPointerGetAttribute", _ =>
    {
        const int memoryType = 2;
        if (attribute != memoryType)
            throw new Refusal(CudaResult.NotSupported, $"attribute {attribute} is not known to this machine");
        Set(value, Process.MemoryType(address));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyAsync")]
    private static CudaResult MemcpyAsync(ulong target, ulong source, nuint bytes, nint stream) =>
        Process.CallInContext("cuMemcpyAsync", context => Process.Copy(context, target, source, (long)bytes, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD8Async")]
    private static CudaResult MemsetD8Async(ulong target, byte value, nuint bytes, nint stream) =>
        Process.CallInContext("cuMemsetD8Async", context => Process.Fill(context, target, value, (long)bytes, stream));
}

using System.Runtime.InteropServices;
using System.Text;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>The functions of libcuda. Each one reads its arguments and leaves the rest to <see cref="CudaProcess"/>.</summary>
internal static unsafe partial class Exports
{
    /// <summary>Functions that ILGPU declares and this machine does not have: calling one is a finding.</summary>
    public static IReadOnlyList<string> Absent { get; } =
    [
        "cuCtxEnablePeerAccess", "cuCtxDisablePeerAccess", "cuDeviceGetP2PAttribute", "cuOccupancyMaxActiveBlocksPerMultiprocessor", "cuOccupancyMaxPotentialBlockSize",
    ];

    private static CudaProcess Process => Machine.Current.Process;

    [UnmanagedCallersOnly(EntryPoint = "cuInit")]
    private static CudaResult Init(uint flags) => Process.Call("cuInit", Process.Initialize);

    [UnmanagedCallersOnly(EntryPoint = "cuDriverGetVersion")]
    private static CudaResult DriverGetVersion(int* version) => Process.Call("cuDriverGetVersion", () => Set(version, Process.DriverVersion));

    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorString")]
    private static CudaResult GetErrorString(CudaResult code, nint* text) => Tell(text, ErrorTexts.Text(code));

    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorName")]
    private static CudaResult GetErrorName(CudaResult code, nint* text) => Tell(text, ErrorTexts.Name(code));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetCount")]
    private static CudaResult DeviceGetCount(int* count) => Process.CallInitialized("cuDeviceGetCount", () => Set(count, 1));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGet")]
    private static CudaResult DeviceGet(int* device, int ordinal) => Process.CallInitialized("cuDeviceGet", () =>
    {
        _ = Process.Device(ordinal);
        Set(device, ordinal);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetName")]
    private static CudaResult DeviceGetName(byte* name, int length, int device) => Process.CallInitialized("cuDeviceGetName", () =>
    {
        byte[] text = [.. Encoding.ASCII.GetBytes(Process.Device(device).Name).Take(length - 1), 0];
        text.CopyTo(new Span<byte>(name, length));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceTotalMem_v2")]
    private static CudaResult DeviceTotalMem(nuint* bytes, int device) => Process.CallInitialized("cuDeviceTotalMem_v2", () => Set(bytes, (nuint)Process.TotalBytes(device)));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetAttribute")]
    private static CudaResult DeviceGetAttribute(int* value, int attribute, int device) =>
        Process.CallInitialized("cuDeviceGetAttribute", () => Set(value, Process.Attribute(attribute, device)));

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceCanAccessPeer")]
    private static CudaResult DeviceCanAccessPeer(int* can, int device, int peer) => Process.CallInitialized("cuDeviceCanAccessPeer", () => Set(can, 0));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxCreate_v2")]
    private static CudaResult CtxCreate(nint* context, uint flags, int device) => Process.CallInitialized("cuCtxCreate_v2", () => Set(context, Process.CreateContext(device)));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxDestroy_v2")]
    private static CudaResult CtxDestroy(nint context) => Process.CallInitialized("cuCtxDestroy_v2", () => Process.DestroyContext(context));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetCurrent")]
    private static CudaResult CtxSetCurrent(nint context) => Process.CallInitialized("cuCtxSetCurrent", () => Process.SetCurrent(context));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetCurrent")]
    private static CudaResult CtxGetCurrent(nint* context) => Process.CallInitialized("cuCtxGetCurrent", () => Set(context, Process.CurrentContext));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSynchronize")]
    private static CudaResult CtxSynchronize() => Process.CallInContext("cuCtxSynchronize", Process.Synchronize);

    // Preferences that GPUs of these capabilities do not have: what is asked for is accepted, and 0 is told.
    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetCacheConfig")]
    private static CudaResult CtxGetCacheConfig(int* config) => Process.CallInContext("cuCtxGetCacheConfig", _ => Set(config, 0));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetCacheConfig")]
    private static CudaResult CtxSetCacheConfig(int config) => Process.CallInContext("cuCtxSetCacheConfig", _ => { });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetSharedMemConfig")]
    private static CudaResult CtxGetSharedMemConfig(int* config) => Process.CallInContext("cuCtxGetSharedMemConfig", _ => Set(config, 0));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetSharedMemConfig")]
    private static CudaResult CtxSetSharedMemConfig(int config) => Process.CallInContext("cuCtxSetSharedMemConfig", _ => { });

    private static CudaResult Tell(nint* target, nint text)
    {
        if (target == null)
            return CudaResult.InvalidValue;
        *target = text;
        return text == 0 ? CudaResult.InvalidValue : CudaResult.Success;
    }

    private static void Set<T>(T* target, T value) where T : unmanaged
    {
        if (target == null)
            throw new Refusal(CudaResult.InvalidValue, "the address for the result is 0");
        *target = value;
    }
}

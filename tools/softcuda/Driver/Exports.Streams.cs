using System.Runtime.InteropServices;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Streams, events, graphs.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "cuStreamCreate")]
    private static CudaResult StreamCreate(nint* stream, int flags) => Process.CallInContext("cuStreamCreate", context => Set(stream, Process.CreateStream(context, flags)));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamCreateWithPriority")]
    private static CudaResult StreamCreateWithPriority(nint* stream, int flags, int priority) =>
        Process.CallInContext("cuStreamCreateWithPriority", context => Set(stream, Process.CreateStream(context, flags)));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamDestroy_v2")]
    private static CudaResult StreamDestroy(nint stream) => Process.CallInContext("cuStreamDestroy_v2", context => Process.DestroyStream(context, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamSynchronize")]
    private static CudaResult StreamSynchronize(nint stream) => Process.CallInContext("cuStreamSynchronize", context => Process.Synchronize(context, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamWaitEvent")]
    private static CudaResult StreamWaitEvent(nint stream, nint happening, uint flags) =>
        Process.CallInContext("cuStreamWaitEvent", context => Process.Wait(context, stream, happening));

    [UnmanagedCallersOnly(EntryPoint = "cuEventCreate")]
    private static CudaResult EventCreate(nint* happening, uint flags) => Process.CallInContext("cuEventCreate", _ => Set(happening, Process.CreateEvent(flags)));

    [UnmanagedCallersOnly(EntryPoint = "cuEventDestroy_v2")]
    private static CudaResult EventDestroy(nint happening) => Process.CallInContext("cuEventDestroy_v2", _ => Process.DestroyEvent(happening));

    [UnmanagedCallersOnly(EntryPoint = "cuEventRecord")]
    private static CudaResult EventRecord(nint happening, nint stream) => Process.CallInContext("cuEventRecord", context => Process.Record(context, happening, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuEventQuery")]
    private static CudaResult EventQuery(nint happening) => Process.CallInContext("cuEventQuery", context => Process.Query(context, happening));

    [UnmanagedCallersOnly(EntryPoint = "cuEventSynchronize")]
    private static CudaResult EventSynchronize(nint happening) => Process.CallInContext("cuEventSynchronize", _ => Process.SynchronizeEvent(happening));

    [UnmanagedCallersOnly(EntryPoint = "cuEventElapsedTime")]
    private static CudaResult EventElapsedTime(float* milliseconds, nint begin, nint end) =>
        Process.CallInContext("cuEventElapsedTime", _ => Set(milliseconds, Process.Elapsed(begin, end)));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamBeginCapture_v2")]
    private static CudaResult StreamBeginCapture(nint stream, int mode) => Process.CallInContext("cuStreamBeginCapture_v2", context => Process.BeginCapture(context, stream, mode));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamEndCapture")]
    private static CudaResult StreamEndCapture(nint stream, nint* graph) => Process.CallInContext("cuStreamEndCapture", context =>
    {
        Set(graph, 0);
        Set(graph, Process.EndCapture(context, stream));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphInstantiateWithFlags")]
    private static CudaResult GraphInstantiateWithFlags(nint* instance, nint graph, ulong flags) =>
        Process.CallInContext("cuGraphInstantiateWithFlags", _ => Set(instance, Process.Instantiate(graph)));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphLaunch")]
    private static CudaResult GraphLaunch(nint instance, nint stream) => Process.CallInContext("cuGraphLaunch", context => Process.LaunchGraph(context, instance, stream));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphDestroy")]
    private static CudaResult GraphDestroy(nint graph) => Process.CallInContext("cuGraphDestroy", _ => Process.DestroyGraph(graph));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphExecDestroy")]
    private static CudaResult GraphExecDestroy(nint instance) => Process.CallInContext("cuGraphExecDestroy", _ => Process.DestroyInstance(instance));
}

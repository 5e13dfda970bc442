using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>Functions that take the place of the CUDA driver's and note in which order they are called.</summary>
internal static unsafe class FakeCuda
{
    /// <summary>What the functions hand out.</summary>
    public const nint Captured = 11, Executable = 13, FirstEvent = 21;

    private const int Failed = 900;

    private static nint nextEvent;

    /// <summary>The calls with their arguments.</summary>
    public static List<string> Calls { get; } = [];

    /// <summary>Calls that fail, by their names here.</summary>
    public static HashSet<string> Failing { get; } = [];

    /// <summary>A driver that forgot everything before.</summary>
    /// <param name="without">Functions that it does not have.</param>
    public static CudaDriver Driver(params string[] without)
    {
        Calls.Clear();
        Failing.Clear();
        nextEvent = FirstEvent;
        return new(name => without.Contains(name) ? 0 : Export(name));
    }

    private static nint Export(string name) => name switch
    {
        "cuStreamBeginCapture_v2" => (nint)(delegate* unmanaged<nint, int, int>)&Begin,
        "cuStreamEndCapture" => (nint)(delegate* unmanaged<nint, nint*, int>)&End,
        "cuGraphInstantiateWithFlags" => (nint)(delegate* unmanaged<nint*, nint, ulong, int>)&Instantiate,
        "cuGraphLaunch" => (nint)(delegate* unmanaged<nint, nint, int>)&Launch,
        "cuGraphDestroy" => (nint)(delegate* unmanaged<nint, int>)&Destroy,
        "cuGraphExecDestroy" => (nint)(delegate* unmanaged<nint, int>)&DestroyExecutable,
        "cuEventCreate" => (nint)(delegate* unmanaged<nint*, uint, int>)&CreateEvent,
        "cuEventRecord" => (nint)(delegate* unmanaged<nint, nint, int>)&Record,
        "cuStreamWaitEvent" => (nint)(delegate* unmanaged<nint, nint, uint, int>)&Wait,
        "cuEventDestroy_v2" => (nint)(delegate* unmanaged<nint, int>)&DestroyEvent,
        _ => 0,
    };

    private static int Called(string name, string arguments)
    {
        if (Failing.Contains(name))
            return Failed;
        Calls.Add($"{name} {arguments}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Begin(nint stream, int mode) => Called("begin", $"{stream} {(mode == 2 ? "relaxed" : mode)}");

    [UnmanagedCallersOnly]
    private static int End(nint stream, nint* graph)
    {
        *graph = Failing.Contains("end") ? 0 : Captured;
        return Called("end", $"{stream}");
    }

    [UnmanagedCallersOnly]
    private static int Instantiate(nint* executable, nint graph, ulong flags)
    {
        *executable = Executable;
        return flags == 0 ? Called("instantiate", $"{graph}") : 1;
    }

    [UnmanagedCallersOnly]
    private static int Launch(nint executable, nint stream) => Called("launch", $"{executable} on {stream}");

    [UnmanagedCallersOnly]
    private static int Destroy(nint graph) => Called("destroy", $"{graph}");

    [UnmanagedCallersOnly]
    private static int DestroyExecutable(nint executable) => Called("destroy executable", $"{executable}");

    [UnmanagedCallersOnly]
    private static int CreateEvent(nint* created, uint flags)
    {
        *created = nextEvent++;
        return Called("create event", $"{*created} {(flags == 2 ? "without timing" : flags)}");
    }

    [UnmanagedCallersOnly]
    private static int Record(nint happening, nint stream) => Called("record", $"{happening} on {stream}");

    [UnmanagedCallersOnly]
    private static int Wait(nint stream, nint happening, uint flags) => flags == 0 ? Called("wait", $"{stream} for {happening}") : 1;

    [UnmanagedCallersOnly]
    private static int DestroyEvent(nint happening) => Called("destroy event", $"{happening}");
}

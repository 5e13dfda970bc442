using System.Runtime.InteropServices;
using System.Text;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>Functions that replace the CUDA driver's and record the order of calls.</summary>
internal static unsafe class FakeCuda
{
    /// <summary>What the functions hand out.</summary>
    public const nint Captured = 11, Executable = 13, FirstEvent = 21;

    private const int Failed = 900;

    // A test runs on one thread, beside others.
    [ThreadStatic]
    private static State? state;

    /// <summary>The calls with their arguments; calls on a thread without the context are marked.</summary>
    public static List<string> Calls => Now.Calls;

    /// <summary>Calls that fail, by their names here.</summary>
    public static HashSet<string> Failing => Now.Failing;

    /// <summary>What cuInit returns.</summary>
    public static int Start { set => Now.Start = value; }

    private static State Now => state ??= new State();

    /// <summary>A driver that forgot everything before.</summary>
    /// <param name="without">Functions that it does not have.</param>
    public static CudaDriver Driver(params string[] without)
    {
        state = null;
        return new(name => without.Contains(name) ? 0 : Export(name), static () => Now.IsBound = true);
    }

    private static nint Export(string name) => name switch
    {
        "cuInit" => (nint)(delegate* unmanaged<uint, int>)&Initialize,
        "cuGetErrorString" => (nint)(delegate* unmanaged<int, byte**, int>)&Text,
        "cuModuleLoadDataEx" => (nint)(delegate* unmanaged<nint*, byte*, uint, int*, nint*, int>)&LoadModule,
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
        bool isBound = Now.IsBound;
        Now.IsBound = false;
        if (Failing.Contains(name))
            return Failed;
        Calls.Add($"{name} {arguments}{(isBound ? "" : " without a context")}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Initialize(uint flags) => flags == 0 ? Now.Start : 1;

    [UnmanagedCallersOnly]
    private static int Text(int status, byte** text)
    {
        fixed (byte* known = "system not yet initialized\0"u8)
            *text = status == 802 ? known : null;
        return status == 802 ? 0 : 1;
    }

    /// <summary>Refuses every module, with a log of two lines.</summary>
    [UnmanagedCallersOnly]
    private static int LoadModule(nint* module, byte* image, uint count, int* options, nint* values)
    {
        if (count != 2 || options[0] != 5 || options[1] != 6)
            return 1;
        string first = Marshal.PtrToStringUTF8((nint)image)!.Split('\n')[0];
        Encoding.UTF8.GetBytes($"ptxas error in '{first}'\n  unknown opcode\0").AsSpan().CopyTo(new Span<byte>((void*)values[0], (int)values[1]));
        return 218;
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
        *created = Now.NextEvent++;
        return Called("create event", $"{*created} {(flags == 2 ? "without timing" : flags)}");
    }

    [UnmanagedCallersOnly]
    private static int Record(nint happening, nint stream) => Called("record", $"{happening} on {stream}");

    [UnmanagedCallersOnly]
    private static int Wait(nint stream, nint happening, uint flags) => flags == 0 ? Called("wait", $"{stream} for {happening}") : 1;

    [UnmanagedCallersOnly]
    private static int DestroyEvent(nint happening) => Called("destroy event", $"{happening}");

    private sealed class State
    {
        public readonly List<string> Calls = [];
        public readonly HashSet<string> Failing = [];
        public nint NextEvent = FirstEvent;
        public bool IsBound;
        public int Start;
    }
}

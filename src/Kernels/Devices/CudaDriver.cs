using System.Runtime.InteropServices;
using System.Text;

namespace GpuCtr.Kernels.Devices;

/// <summary>Functions of the CUDA driver that ILGPU does not wrap: start, stream capture, graphs, events (CUDA Driver API, versions 11.4 and newer).</summary>
/// <remarks>May be called on any thread (<see cref="DriverCalls"/>).</remarks>
/// <param name="export">Address of a function by name; 0 if the driver does not have it.</param>
/// <param name="bind">Makes the device's context current on the calling thread.</param>
internal sealed unsafe class CudaDriver(Func<string, nint> export, Action bind)
{
    private const int RelaxedCapture = 2, EventWithoutTiming = 2, MostOfLog = 2000;

    private readonly DriverCalls calls = new(export, bind, static name => $"the NVIDIA driver has no {name}; update it");

    /// <summary>The driver that ILGPU calls; null if this machine has none.</summary>
    /// <param name="bind">Makes a context current on the calling thread; null for calls that need none.</param>
    public static CudaDriver? Open(Action? bind = null) =>
        DriverLibraries.Cuda() is var library and not 0 ? new(name => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0, bind ?? (static () => { })) : null;

    /// <summary>Why graphs cannot be used; null if this driver has all the functions.</summary>
    public string? LacksGraphs => calls.Lacks("cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuGraphDestroy", "cuGraphExecDestroy");

    /// <summary>Why events cannot be used; null if this driver has all the functions.</summary>
    public string? LacksEvents => calls.Lacks("cuEventCreate", "cuEventRecord", "cuStreamWaitEvent", "cuEventDestroy_v2");

    /// <summary>Why the driver does not start, in the words of <see cref="CudaStatus"/>; null if it does.</summary>
    public string? Start() => ((delegate* unmanaged<uint, int>)calls["cuInit"])(0) is var status and not 0 ? Describe(status) : null;

    /// <summary>Starts capture: the stream records launches instead of running them. Other threads may allocate during capture.</summary>
    public void BeginCapture(nint stream) => Check("cuStreamBeginCapture_v2", ((delegate* unmanaged<nint, int, int>)calls["cuStreamBeginCapture_v2"])(stream, RelaxedCapture));

    /// <summary>Ends capture; returns the graph of the launches since <see cref="BeginCapture"/>.</summary>
    public nint EndCapture(nint stream)
    {
        nint graph = 0;
        Check("cuStreamEndCapture", ((delegate* unmanaged<nint, nint*, int>)calls["cuStreamEndCapture"])(stream, &graph));
        return graph != 0 ? graph : throw new DeviceException("cuStreamEndCapture gave no graph");
    }

    /// <summary>Instantiates a graph, so that it can be launched.</summary>
    public nint Instantiate(nint graph)
    {
        nint executable = 0;
        Check("cuGraphInstantiateWithFlags", ((delegate* unmanaged<nint*, nint, ulong, int>)calls["cuGraphInstantiateWithFlags"])(&executable, graph, 0));
        return executable;
    }

    /// <summary>Launches a graph on the stream.</summary>
    public void Launch(nint executable, nint stream) => Check("cuGraphLaunch", ((delegate* unmanaged<nint, nint, int>)calls["cuGraphLaunch"])(executable, stream));

    /// <summary>Frees a graph; its instances stay.</summary>
    public void DestroyGraph(nint graph) => Check("cuGraphDestroy", ((delegate* unmanaged<nint, int>)calls["cuGraphDestroy"])(graph));

    /// <summary>Frees an instance of a graph, which must not be running.</summary>
    public void DestroyExecutable(nint executable) => Check("cuGraphExecDestroy", ((delegate* unmanaged<nint, int>)calls["cuGraphExecDestroy"])(executable));

    /// <summary>Creates an event for <see cref="Record"/> and <see cref="Wait"/>.</summary>
    public nint CreateEvent()
    {
        nint created = 0;
        Check("cuEventCreate", ((delegate* unmanaged<nint*, uint, int>)calls["cuEventCreate"])(&created, EventWithoutTiming));
        return created;
    }

    /// <summary>Records the event after everything now on the stream.</summary>
    public void Record(nint happening, nint stream) => Check("cuEventRecord", ((delegate* unmanaged<nint, nint, int>)calls["cuEventRecord"])(happening, stream));

    /// <summary>Makes later work on the stream wait for the event; has no effect if it was never recorded.</summary>
    public void Wait(nint happening, nint stream) => Check("cuStreamWaitEvent", ((delegate* unmanaged<nint, nint, uint, int>)calls["cuStreamWaitEvent"])(stream, happening, 0));

    /// <summary>Frees an event.</summary>
    public void DestroyEvent(nint happening) => Check("cuEventDestroy_v2", ((delegate* unmanaged<nint, int>)calls["cuEventDestroy_v2"])(happening));

    /// <summary>The message of the driver's compiler about refused PTX, on one line; empty if there is none.</summary>
    public string CompilerLog(string ptx)
    {
        const int ErrorLog = 5, ErrorLogBytes = 6, Most = 8192;
        byte[] image = [.. Encoding.UTF8.GetBytes(ptx), 0], log = new byte[Most];
        fixed (byte* text = image, said = log)
        {
            int* options = stackalloc int[] { ErrorLog, ErrorLogBytes };
            nint* values = stackalloc nint[] { (nint)said, Most };
            nint module = 0;
            int status = ((delegate* unmanaged<nint*, byte*, uint, int*, nint*, int>)calls["cuModuleLoadDataEx"])(&module, text, 2, options, values);
            if (status == 0)
                _ = ((delegate* unmanaged<nint, int>)calls["cuModuleUnload"])(module);
        }
        return DriverText.Line(Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, log.AsSpan().IndexOf((byte)0)))), MostOfLog);
    }

    private void Check(string call, int status)
    {
        if (status != 0)
            throw new DeviceException($"{call} failed: {Describe(status)}");
    }

    /// <summary>The code, the driver's words for it, and advice.</summary>
    private string Describe(int status)
    {
        byte* text = null;
        bool known = calls.Lacks("cuGetErrorString") is null && ((delegate* unmanaged<int, byte**, int>)calls["cuGetErrorString"])(status, &text) == 0;
        return CudaStatus.Describe(status, known ? Marshal.PtrToStringUTF8((nint)text) : null);
    }
}

using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Devices;

/// <summary>Functions of the CUDA driver that ILGPU does not wrap: stream capture, graphs, events (CUDA Driver API, versions 11.4 and newer).</summary>
/// <param name="export">Address of a function by name; 0 if the driver does not have it.</param>
internal sealed unsafe class CudaDriver(Func<string, nint> export)
{
    private const int RelaxedCapture = 2, EventWithoutTiming = 2;

    /// <summary>The driver that ILGPU has loaded; without functions if the library has another name.</summary>
    public static CudaDriver Open()
    {
        bool loaded = NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint library);
        return new(name => loaded && NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0);
    }

    /// <summary>Why graphs cannot be used; null if this driver has all the functions.</summary>
    public string? LacksGraphs => Lacking("cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuGraphDestroy", "cuGraphExecDestroy");

    /// <summary>Why events cannot be used; null if this driver has all the functions.</summary>
    public string? LacksEvents => Lacking("cuEventCreate", "cuEventRecord", "cuStreamWaitEvent", "cuEventDestroy_v2");

    /// <summary>Starts capture: the stream records launches instead of running them. Other threads may allocate meanwhile.</summary>
    public void BeginCapture(nint stream) => Check("cuStreamBeginCapture_v2", ((delegate* unmanaged<nint, int, int>)Find("cuStreamBeginCapture_v2"))(stream, RelaxedCapture));

    /// <summary>Ends capture; returns the graph of the launches since <see cref="BeginCapture"/>.</summary>
    public nint EndCapture(nint stream)
    {
        nint graph = 0;
        Check("cuStreamEndCapture", ((delegate* unmanaged<nint, nint*, int>)Find("cuStreamEndCapture"))(stream, &graph));
        return graph != 0 ? graph : throw new DeviceException("cuStreamEndCapture gave no graph");
    }

    /// <summary>Instantiates a graph, so that it can be launched.</summary>
    public nint Instantiate(nint graph)
    {
        nint executable = 0;
        Check("cuGraphInstantiateWithFlags", ((delegate* unmanaged<nint*, nint, ulong, int>)Find("cuGraphInstantiateWithFlags"))(&executable, graph, 0));
        return executable;
    }

    /// <summary>Launches a graph on the stream.</summary>
    public void Launch(nint executable, nint stream) => Check("cuGraphLaunch", ((delegate* unmanaged<nint, nint, int>)Find("cuGraphLaunch"))(executable, stream));

    /// <summary>Frees a graph; its instances stay.</summary>
    public void DestroyGraph(nint graph) => Check("cuGraphDestroy", ((delegate* unmanaged<nint, int>)Find("cuGraphDestroy"))(graph));

    /// <summary>Frees an instance of a graph, which must not be running.</summary>
    public void DestroyExecutable(nint executable) => Check("cuGraphExecDestroy", ((delegate* unmanaged<nint, int>)Find("cuGraphExecDestroy"))(executable));

    /// <summary>Creates an event for <see cref="Record"/> and <see cref="Wait"/>.</summary>
    public nint CreateEvent()
    {
        nint created = 0;
        Check("cuEventCreate", ((delegate* unmanaged<nint*, uint, int>)Find("cuEventCreate"))(&created, EventWithoutTiming));
        return created;
    }

    /// <summary>Records the event after everything now on the stream.</summary>
    public void Record(nint happening, nint stream) => Check("cuEventRecord", ((delegate* unmanaged<nint, nint, int>)Find("cuEventRecord"))(happening, stream));

    /// <summary>Makes later work on the stream wait for the event; has no effect if it was never recorded.</summary>
    public void Wait(nint happening, nint stream) => Check("cuStreamWaitEvent", ((delegate* unmanaged<nint, nint, uint, int>)Find("cuStreamWaitEvent"))(stream, happening, 0));

    /// <summary>Frees an event.</summary>
    public void DestroyEvent(nint happening) => Check("cuEventDestroy_v2", ((delegate* unmanaged<nint, int>)Find("cuEventDestroy_v2"))(happening));

    private readonly Dictionary<string, nint> found = [];

    private nint Find(string name) => Address(name) is var address and not 0 ? address : throw new DeviceException(Lacking(name)!);

    private string? Lacking(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            if (Address(name) == 0)
                return $"the NVIDIA driver has no {name}; update it";
        return null;
    }

    private nint Address(string name)
    {
        if (!found.TryGetValue(name, out nint address))
            found.Add(name, address = export(name));
        return address;
    }

    private static void Check(string call, int status)
    {
        if (status != 0)
            throw new DeviceException($"{call} failed with status {status}");
    }
}

using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Devices;

/// <summary>What ILGPU does not wrap of the CUDA driver: capture of a stream, graphs, events (CUDA Driver API, versions 11.4 and newer).</summary>
/// <param name="export">Address of a function by its name, 0 where the driver has none.</param>
internal sealed unsafe class CudaDriver(Func<string, nint> export)
{
    private const int RelaxedCapture = 2, EventWithoutTiming = 2;

    /// <summary>The driver that ILGPU has loaded; without any function where it goes by another name.</summary>
    public static CudaDriver Open()
    {
        bool loaded = NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint library);
        return new(name => loaded && NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0);
    }

    /// <summary>Why graphs cannot be used; null where this driver has all that they take.</summary>
    public string? LacksGraphs => Lacking("cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuGraphDestroy", "cuGraphExecDestroy");

    /// <summary>Why events cannot be used; null where this driver has all that they take.</summary>
    public string? LacksEvents => Lacking("cuEventCreate", "cuEventRecord", "cuStreamWaitEvent", "cuEventDestroy_v2");

    /// <summary>From now on the stream takes launches down instead of running them. Other threads may allocate meanwhile.</summary>
    public void BeginCapture(nint stream) => Check("cuStreamBeginCapture_v2", ((delegate* unmanaged<nint, int, int>)Find("cuStreamBeginCapture_v2"))(stream, RelaxedCapture));

    /// <summary>The graph of what was launched since <see cref="BeginCapture"/>; the stream runs launches again.</summary>
    public nint EndCapture(nint stream)
    {
        nint graph = 0;
        Check("cuStreamEndCapture", ((delegate* unmanaged<nint, nint*, int>)Find("cuStreamEndCapture"))(stream, &graph));
        return graph != 0 ? graph : throw new DeviceException("cuStreamEndCapture gave no graph");
    }

    /// <summary>A graph that can be launched.</summary>
    public nint Instantiate(nint graph)
    {
        nint executable = 0;
        Check("cuGraphInstantiateWithFlags", ((delegate* unmanaged<nint*, nint, ulong, int>)Find("cuGraphInstantiateWithFlags"))(&executable, graph, 0));
        return executable;
    }

    /// <summary>Starts a graph behind what the stream already has.</summary>
    public void Launch(nint executable, nint stream) => Check("cuGraphLaunch", ((delegate* unmanaged<nint, nint, int>)Find("cuGraphLaunch"))(executable, stream));

    /// <summary>Frees a graph; what was instantiated of it stays.</summary>
    public void DestroyGraph(nint graph) => Check("cuGraphDestroy", ((delegate* unmanaged<nint, int>)Find("cuGraphDestroy"))(graph));

    /// <summary>Frees a graph that can be launched; it must not be running.</summary>
    public void DestroyExecutable(nint executable) => Check("cuGraphExecDestroy", ((delegate* unmanaged<nint, int>)Find("cuGraphExecDestroy"))(executable));

    /// <summary>An event for <see cref="Record"/> and <see cref="Wait"/>.</summary>
    public nint CreateEvent()
    {
        nint created = 0;
        Check("cuEventCreate", ((delegate* unmanaged<nint*, uint, int>)Find("cuEventCreate"))(&created, EventWithoutTiming));
        return created;
    }

    /// <summary>The event happens when all that the stream has up to now is done.</summary>
    public void Record(nint happening, nint stream) => Check("cuEventRecord", ((delegate* unmanaged<nint, nint, int>)Find("cuEventRecord"))(happening, stream));

    /// <summary>What the stream gets from now on waits for the event; for nothing where it was never recorded.</summary>
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

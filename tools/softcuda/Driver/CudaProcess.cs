using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>What the driver knows of this process: contexts, which of them is current on a thread, handles, registered memory. One call runs at a time.</summary>
internal sealed partial class CudaProcess(MachineSettings settings, Engine engine)
{
    private readonly Lock turn = new();
    private readonly Handles handles = new();
    private readonly Scheduler scheduler = new(engine, settings.Seed);
    private readonly ThreadLocal<Context?> current = new();

    /// <summary>Whether cuInit was called; a library is initialized once, whatever machine is behind it.</summary>
    private static bool isInitialized;

    /// <summary>Runs a call that needs neither context nor cuInit.</summary>
    public CudaResult Call(string name, Action body)
    {
        lock (turn)
            try
            {
                body();
                return CudaResult.Success;
            }
            catch (Refusal refusal)
            {
                if (refusal.Why is not null)
                    engine.Findings.Add(new(refusal.Check, name, $"{refusal.Why} ({(int)refusal.Code})"));
                return refusal.Code;
            }
            catch (Exception e)
            {
                engine.Findings.Add(new(Check.Driver, name, $"the machine itself failed: {e}"));
                return CudaResult.Unknown;
            }
    }

    /// <summary>Runs a call that needs cuInit.</summary>
    public CudaResult CallInitialized(string name, Action body) => Call(name, () =>
    {
        if (!isInitialized)
            throw new Refusal(CudaResult.NotInitialized, "cuInit was not called");
        body();
    });

    /// <summary>Runs a call that works on the context of the calling thread.</summary>
    public CudaResult CallInContext(string name, Action<Context> body) => CallInitialized(name, () =>
    {
        Context context = current.Value ?? throw new Refusal(CudaResult.InvalidContext, "no context is current on this thread");
        if (context.IsDestroyed)
            throw new Refusal(CudaResult.ContextIsDestroyed, "the context that is current on this thread was destroyed");
        context.ThrowIfFaulted();
        body(context);
    });

    /// <summary>cuInit.</summary>
    public void Initialize()
    {
        if (settings.Start != CudaResult.Success)
            throw new Refusal(settings.Start, null);
        isInitialized = true;
    }

    /// <summary>Number of CUDA 13.0, or of 12.8 for a GPU that 13 does not know.</summary>
    public int DriverVersion => settings.Capability.Major < 8 ? 12080 : 13000;

    /// <summary>The GPU; only device 0 is there.</summary>
    public Capability Device(int ordinal) => ordinal == 0 ? settings.Capability : throw new Refusal(CudaResult.InvalidDevice, $"there is no device {ordinal}");

    /// <summary>An attribute of the device.</summary>
    public int Attribute(int attribute, int device) =>
        DeviceAttributes.Value(Device(device), attribute) ?? throw new Refusal(CudaResult.InvalidValue, $"attribute {attribute} is not known to this machine");

    /// <summary>Bytes of the device.</summary>
    public long TotalBytes(int device) => Device(device) is not null ? engine.Memory.Capacity : 0;

    /// <summary>A new context, which becomes that of the thread.</summary>
    public nint CreateContext(int device)
    {
        _ = Device(device);
        Context made = new(engine.Findings);
        current.Value = made;
        contexts.Add(made, handles.Add(made));
        return contexts[made];
    }

    private readonly Dictionary<Context, nint> contexts = [];

    /// <summary>Whether a context lives.</summary>
    public bool HasContexts => contexts.Count > 0;

    /// <summary>Destroys a context with all that was made in it.</summary>
    public void DestroyContext(nint handle)
    {
        Context gone = handles.Remove<Context>(handle, CudaResult.InvalidContext);
        contexts.Remove(gone);
        if (gone.Fault == CudaResult.Success && gone.Streams.All(s => s.Capture is null))
            scheduler.Drain(gone);
        foreach (ulong address in gone.Buffers)
            engine.Memory.Free(address);
        gone.IsDestroyed = true;
        if (current.Value == gone)
            current.Value = null;
    }

    /// <summary>Makes a context that of the thread; 0: none.</summary>
    public void SetCurrent(nint handle) => current.Value = handle == 0 ? null : handles.Get<Context>(handle, CudaResult.InvalidContext);

    /// <summary>The handle of the thread's context; 0 if it has none.</summary>
    public nint CurrentContext => current.Value is { } context ? contexts.GetValueOrDefault(context) : 0;

    /// <summary>Waits for everything of the context.</summary>
    public void Synchronize(Context context)
    {
        foreach (CudaStream stream in context.Streams)
            RefuseCapture(stream, "the context is synchronized");
        scheduler.Drain(context);
    }
}

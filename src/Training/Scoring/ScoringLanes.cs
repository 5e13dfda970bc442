using GpuCtr.Kernels.Devices;
using GpuCtr.Models;

namespace GpuCtr.Training.Scoring;

/// <summary>Several recordings of one model that share its weights, each for one call at a time; further calls wait. The device is theirs.</summary>
/// <typeparam name="T">The state of a call: a recorded model and its buffers.</typeparam>
internal sealed class ScoringLanes<T> where T : class, IDisposable
{
    private readonly Lifetime lifetime;
    private readonly Lock gate = new();
    private readonly SemaphoreSlim idle;
    private readonly Device device;
    private readonly IDisposable? shared;
    private readonly List<T> lanes = [];
    private int free;

    /// <param name="owner">Name of the public type whose calls these are.</param>
    /// <param name="device">Where they run.</param>
    /// <param name="model">The first recording.</param>
    /// <param name="concurrency">Number of calls at once on the CPU; 0 = one per core.</param>
    /// <param name="make">Makes a lane; it owns its model.</param>
    /// <param name="shared">State shared by all lanes, freed after them.</param>
    public ScoringLanes(string owner, Device device, FrozenModel model, int concurrency, Func<FrozenModel, T> make, IDisposable? shared = null)
    {
        (this.device, this.shared) = (device, shared);
        lifetime = new Lifetime(owner, Free);
        int count = device.UsesSimd ? concurrency > 0 ? concurrency : Environment.ProcessorCount : 1;
        try
        {
            lanes.Add(make(model));
            while (lanes.Count < count)
                lanes.Add(make(model.Replica()));
        }
        catch
        {
            lanes.ForEach(lane => lane.Dispose());
            shared?.Dispose();
            throw;
        }
        free = count;
        idle = new SemaphoreSlim(free, free);
    }

    /// <summary>Whether further calls are refused.</summary>
    public bool IsClosed => lifetime.IsClosed;

    /// <summary>Begins a call, during which nothing is freed.</summary>
    /// <exception cref="ObjectDisposedException">The owner was disposed before.</exception>
    public Lifetime.Lease Enter() => lifetime.Enter();

    /// <summary>A free lane; waits for one. Call it within <see cref="Enter"/>.</summary>
    public T Take()
    {
        idle.Wait();
        lock (gate)
            return lanes[--free];
    }

    /// <summary>Gives a lane back.</summary>
    public void Return(T lane)
    {
        lock (gate)
            lanes[free++] = lane;
        idle.Release();
    }

    /// <summary>Refuses further calls and returns at once; the last running call frees the lanes and the device.</summary>
    public void Close() => lifetime.Close();

    private void Free()
    {
        foreach (T lane in lanes)
            lane.Dispose();
        shared?.Dispose();
        device.Dispose();
        idle.Dispose();
    }
}

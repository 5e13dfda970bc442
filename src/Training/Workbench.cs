using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Training;

/// <summary>State shared by the runs of one process: the device, encodings, and rows that fit in memory.</summary>
/// <param name="device">The device; the workbench closes it.</param>
internal sealed class Workbench(Device device) : IDisposable
{
    private readonly Dictionary<string, FeatureEncoder> encoders = [];
    private readonly Dictionary<string, RunData> rows = [];

    /// <summary>The device.</summary>
    public Device Device => device;

    /// <summary>The encoding of a key, made if it is the first of that key.</summary>
    public FeatureEncoder Encoder(string key, Func<FeatureEncoder> make) => encoders.TryGetValue(key, out FeatureEncoder? known) ? known : encoders[key] = make();

    /// <summary>The rows of a key; streamed rows belong to their run and are not kept.</summary>
    public RunData Rows(string key, Func<RunData> open)
    {
        if (rows.TryGetValue(key, out RunData? known))
            return known;
        RunData opened = open();
        return opened.InMemory ? rows[key] = opened : opened;
    }

    /// <inheritdoc/>
    public void Dispose() => device.Dispose();
}

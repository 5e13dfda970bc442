namespace GpuCtr.Kernels.Devices;

/// <summary>A stand-in for CUDA graphs on any device: tests use it to find launches that wrongly differ between steps, without a GPU.</summary>
internal sealed class LaunchList(Device device) : ILaunchRecorder
{
    /// <inheritdoc/>
    public IRecordedLaunches Record(Action work)
    {
        Launches recorded = new();
        device.Recording = recorded.All;
        try
        {
            work();
        }
        finally
        {
            device.Recording = null;
        }
        return recorded;
    }

    private sealed class Launches : IRecordedLaunches
    {
        public List<Action> All { get; } = [];

        public void Launch() => All.ForEach(static launch => launch());

        public void Dispose() => All.Clear();
    }
}

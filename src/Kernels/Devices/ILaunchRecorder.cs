namespace GpuCtr.Kernels.Devices;

/// <summary>Records launches instead of running them, to be repeated as one.</summary>
internal interface ILaunchRecorder
{
    /// <summary>Records the launches of <paramref name="work"/> on the device's stream; none of them runs.</summary>
    /// <exception cref="DeviceException">The work cannot be recorded; none of it has run.</exception>
    IRecordedLaunches Record(Action work);
}

/// <summary>Recorded launches, with their order and arguments.</summary>
internal interface IRecordedLaunches : IDisposable
{
    /// <summary>Starts all of them.</summary>
    void Launch();
}

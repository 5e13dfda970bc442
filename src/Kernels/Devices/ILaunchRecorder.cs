namespace GpuCtr.Kernels.Devices;

/// <summary>Takes launches down instead of running them, to be repeated as one.</summary>
internal interface ILaunchRecorder
{
    /// <summary>Takes down what <paramref name="work"/> launches on the device's stream; none of it runs.</summary>
    /// <exception cref="DeviceException">This cannot be recorded; none of it has run.</exception>
    IRecordedLaunches Record(Action work);
}

/// <summary>Launches, in their order and with the arguments they were recorded with.</summary>
internal interface IRecordedLaunches : IDisposable
{
    /// <summary>Starts all of them.</summary>
    void Replay();
}

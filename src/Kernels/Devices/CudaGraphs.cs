namespace GpuCtr.Kernels.Devices;

/// <summary>Captures launches as a CUDA graph: hundreds of them start at the cost of one.</summary>
/// <param name="driver">The CUDA driver.</param>
/// <param name="stream">The device's stream; not the null stream, which cannot be captured.</param>
internal sealed class CudaGraphs(CudaDriver driver, nint stream) : ILaunchRecorder
{
    /// <summary>Environment variable that turns graphs off.</summary>
    public const string Switch = "GPU_CTR_GRAPH";

    /// <summary>The recorder of a stream, or the reason why there is none.</summary>
    public static (ILaunchRecorder? Recorder, string? Refusal) Open(CudaDriver driver, nint stream) =>
        Environment.GetEnvironmentVariable(Switch) == "off" ? (null, $"{Switch}=off")
        : driver.LacksGraphs is { } reason ? (null, reason)
        : (new CudaGraphs(driver, stream), null);

    /// <inheritdoc/>
    public IRecordedLaunches Record(Action work)
    {
        driver.BeginCapture(stream);
        nint graph;
        try
        {
            work();
        }
        catch
        {
            Abandon();
            throw;
        }
        graph = driver.EndCapture(stream);
        try
        {
            return new Graph(driver, driver.Instantiate(graph), stream);
        }
        finally
        {
            driver.DestroyGraph(graph);
        }
    }

    /// <summary>Ends capture after a failure; errors of ending it are ignored, because the caller needs the original one.</summary>
    private void Abandon()
    {
        try
        {
            driver.DestroyGraph(driver.EndCapture(stream));
        }
        catch (DeviceException)
        {
        }
    }

    private sealed class Graph(CudaDriver driver, nint executable, nint stream) : IRecordedLaunches
    {
        public void Launch() => driver.Launch(executable, stream);

        public void Dispose() => driver.DestroyExecutable(executable);
    }
}

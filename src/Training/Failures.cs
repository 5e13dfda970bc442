using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Training;

/// <summary>Every failure as one type of exception, with its kind and one line that says what, where and what to do.</summary>
internal static class Failures
{
    /// <summary>The failure that an exception means; its message and its stack stay within reach.</summary>
    public static GpuCtrException Of(Exception e) => e switch
    {
        GpuCtrException known => known,
        AggregateException { InnerExceptions: [var first, ..] } => Of(first),
        DeviceException => new(ErrorKind.Device, e.Message, e),
        CommunicatorException => new(ErrorKind.Ranks, e.Message, e),
        AcceleratorException a => new(ErrorKind.Device, $"the device failed ({ErrorOf(a)}); continue a training run from its last checkpoint with --resume", e),
        KernelException => new(ErrorKind.Usage, e.Message, e),
        OutOfMemoryException => new(ErrorKind.Device, "out of memory; lower --batch-size, --embedding-dim or --memory, or raise --min-count", e),
        UnauthorizedAccessException or IOException => new(ErrorKind.InputOutput, e.Message, e),
        OperationCanceledException => new(ErrorKind.Interrupted, "interrupted", e),
        _ => new(ErrorKind.Fault, $"a fault of this program: {e.GetType().Name}: {e.Message}", e),
    };

    private static string ErrorOf(AcceleratorException e) => e switch
    {
        CLException cl => cl.Error.ToString(),
        CudaException cuda => $"{cuda.Error}, {cuda.Message}",
        _ => e.Message,
    };
}

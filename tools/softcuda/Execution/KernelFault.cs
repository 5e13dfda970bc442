namespace GpuCtr.SoftCuda.Execution;

/// <summary>Ends a launch with a code of the driver.</summary>
internal sealed class KernelFault(CudaResult result) : Exception($"the launch ends with {result}")
{
    /// <summary>The code.</summary>
    public CudaResult Result => result;
}

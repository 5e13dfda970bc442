using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Ranks cannot work together: MPI is missing or is not the launcher's, or a rank does not respond. The message says what to do.</summary>
public sealed class CommunicatorException(string message, Exception? inner = null) : KernelException(message, inner);

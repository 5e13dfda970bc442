namespace GpuCtr.Kernels.Devices;

/// <summary>The one exception of this library for what a device or an op cannot do; the message says what, where and what to do.</summary>
public class KernelException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A device that was asked for is not there, is too small, or failed.</summary>
public class DeviceException(string message, Exception? inner = null) : KernelException(message, inner);

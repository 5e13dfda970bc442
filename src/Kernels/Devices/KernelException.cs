namespace GpuCtr.Kernels.Devices;

/// <summary>The exception of this library for everything that a device or an op cannot do; the message says what, where and what to do.</summary>
public class KernelException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A requested device was not found, is too small, or failed.</summary>
public class DeviceException(string message, Exception? inner = null) : KernelException(message, inner);

namespace GpuCtr.SoftCuda.Memory;

/// <summary>Bytes of a buffer that a launch or copy reads or writes.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Low">First byte.</param>
/// <param name="High">Byte behind the last.</param>
/// <param name="Wrote">Whether it writes them.</param>
public readonly record struct Touch(Allocation Buffer, long Low, long High, bool Wrote);

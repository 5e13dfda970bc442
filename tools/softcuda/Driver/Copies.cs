using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>A copy between any two memories. Bytes that were never written stay marked as unwritten.</summary>
/// <param name="Target">Address of the host or the device.</param>
/// <param name="Source">Likewise.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Staged">The content of the source at the time of the call; null: the source is read when the copy is executed.</param>
internal sealed record CopyWork(ulong Target, ulong Source, long Bytes, byte[]? Staged = null) : IWork
{
    /// <inheritdoc/>
    public string Name => $"copy of {Bytes} bytes {(DeviceMemory.IsDevice(Source) ? DeviceMemory.IsDevice(Target) ? "on the device" : "to the host" : "to the device")}";

    /// <inheritdoc/>
    public IEnumerable<ulong> Addresses => [Target, Source];

    /// <summary>Whether it reads or writes memory of the host between two addresses.</summary>
    public bool Uses(ulong begin, ulong end) => Target < end && begin < Target + (ulong)Bytes || Source < end && begin < Source + (ulong)Bytes;

    /// <inheritdoc/>
    public unsafe CudaResult Run(Engine engine, bool inGraph)
    {
        Place to = engine.Use(Target, Bytes, writes: true), from = engine.Use(Source, Bytes, writes: false);
        fixed (byte* staged = Staged)
            Buffer.MemoryCopy(staged == null ? (void*)from.Data : staged, (void*)to.Data, Bytes, Bytes);
        if (to.Buffer is null)
            engine.CheckWritten(from, Bytes, Name);
        else if (from.Buffer is not null)
            to.Buffer.CopyWritten(to.Offset, from.Buffer, from.Offset, Bytes);
        else
            to.Buffer.MarkWritten(to.Offset, Bytes);
        return CudaResult.Success;
    }
}

/// <summary>Sets bytes of the device.</summary>
/// <param name="Target">Address of the first.</param>
/// <param name="Value">Their value.</param>
/// <param name="Bytes">How many.</param>
internal sealed record FillWork(ulong Target, byte Value, long Bytes) : IWork
{
    /// <inheritdoc/>
    public string Name => $"memset of {Bytes} bytes";

    /// <inheritdoc/>
    public IEnumerable<ulong> Addresses => [Target];

    /// <inheritdoc/>
    public unsafe CudaResult Run(Engine engine, bool inGraph)
    {
        Place to = engine.Use(Target, Bytes, writes: true);
        NativeMemory.Fill((void*)to.Data, (nuint)Bytes, Value);
        to.Buffer?.MarkWritten(to.Offset, Bytes);
        return CudaResult.Success;
    }
}

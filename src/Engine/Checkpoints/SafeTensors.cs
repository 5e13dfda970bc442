using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Engine.Checkpoints;

/// <summary>
/// Tensors in a safetensors file: 8 bytes with the length of the header (little-endian), the header in JSON, the values.
/// Tensors pass through in chunks, so a table takes no second copy of itself in memory.
/// </summary>
internal static class SafeTensors
{
    private const int ChunkLength = 1 << 20;

    /// <summary>Writes all tensors, row-major, and waits until the disk has them.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(string path, Device device, IEnumerable<Tensor> tensors)
    {
        Tensor[] all = [.. tensors];
        byte[] header = SafeTensorsHeader.Of(all).ToBytes();
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header);
        float[] chunk = new float[ChunkLength];
        foreach (Tensor tensor in all)
        {
            for (long at = 0; at < tensor.Length; at += ChunkLength)
            {
                Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, tensor.Length - at));
                tensor.Read(device, values, at);
                file.Write(MemoryMarshal.AsBytes(values));
            }
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>Fills tensors from a file that has exactly these names and shapes.</summary>
    /// <exception cref="Failure">Data: damaged, or other tensors than expected. InputOutput: unreadable.</exception>
    public static void Read(string path, Device device, IEnumerable<Tensor> tensors)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            SafeTensorsHeader header = SafeTensorsHeader.Read(path, file);
            Tensor[] all = [.. tensors];
            header.CheckAgainst(path, all);
            float[] chunk = new float[ChunkLength];
            foreach (Tensor tensor in all)
            {
                file.Position = header.DataStart + header.Entries[tensor.Name].Begin;
                for (long at = 0; at < tensor.Length; at += ChunkLength)
                {
                    Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, tensor.Length - at));
                    file.ReadExactly(MemoryMarshal.AsBytes(values));
                    tensor.Write(device, values, at);
                }
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or EndOfStreamException)
        {
            throw Failure.BadData($"{path}: missing or cut short ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure.BadAccess($"{path}: cannot be read ({e.Message})", e);
        }
    }
}

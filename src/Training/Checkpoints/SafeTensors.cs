using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A tensor as stored in a file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Shape">Its shape in the file.</param>
/// <param name="Values">Its values, row-major.</param>
internal sealed record NamedTensor(string Name, long[] Shape, Tensor Values);

/// <summary>
/// Tensors in a safetensors file: 8 bytes with the length of the header (little-endian), the header in JSON, the values.
/// Tensors are copied in chunks, so a table needs no second copy in memory.
/// </summary>
internal static class SafeTensors
{
    private const int ChunkLength = 1 << 20;

    /// <summary>Writes all tensors, row-major, and syncs the file; returns its size and hash.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static FileDigest Write(string path, Device device, IEnumerable<Tensor> tensors) =>
        Write(path, device, [.. tensors.Select(t => new NamedTensor(t.Name, [t.Rows, t.Columns], t))], null);

    /// <summary>Writes tensors under given names and shapes, with metadata in the header.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static FileDigest Write(string path, Device device, IReadOnlyList<NamedTensor> tensors, JsonObject? metadata)
    {
        byte[] header = SafeTensorsHeader.Of(tensors).ToBytes(metadata);
        using HashedFile file = new(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header);
        float[] chunk = new float[ChunkLength];
        foreach ((_, _, Tensor tensor) in tensors)
        {
            for (long at = 0; at < tensor.Length; at += ChunkLength)
            {
                Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, tensor.Length - at));
                tensor.Read(device, values, at);
                file.Write(MemoryMarshal.AsBytes(values));
            }
        }

        return file.Commit();
    }

    /// <summary>Checks that a file has exactly the names and shapes of these tensors, which need no storage yet.</summary>
    /// <exception cref="GpuCtrException">Data: damaged, or other tensors than expected. InputOutput: unreadable.</exception>
    public static void Check(string path, IEnumerable<Tensor> tensors) => Opened(path, file => SafeTensorsHeader.Read(path, file).CheckAgainst(path, [.. tensors]));

    /// <summary>Fills tensors from a file that has exactly these names and shapes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where the tensors are.</param>
    /// <param name="tensors">The tensors to fill.</param>
    /// <param name="rows">Row map of tables that have grown since; null = none has.</param>
    /// <param name="shared">Fill only the tensors that the file contains; the file may contain others.</param>
    /// <exception cref="GpuCtrException">Data: damaged, or other tensors than expected. InputOutput: unreadable.</exception>
    public static void Read(string path, Device device, IEnumerable<Tensor> tensors, RowMap? rows = null, bool shared = false)
    {
        Opened(path, file =>
        {
            SafeTensorsHeader header = SafeTensorsHeader.Read(path, file);
            Tensor[] all = [.. tensors.Where(t => !shared || header.Entries.ContainsKey(t.Name))];
            header.CheckAgainst(path, all, rows, shared);
            float[] chunk = new float[ChunkLength];
            foreach (Tensor tensor in all)
            {
                long start = header.DataStart + header.Entries[tensor.Name].Begin;
                foreach ((long from, long to, long count) in header.IsGrown(tensor, rows) ? rows!.Runs : [(0, 0, tensor.Rows)])
                    Copy(path, file, start + from * tensor.Columns * sizeof(float), device, tensor, to * tensor.Columns, count * tensor.Columns, chunk);
            }
        });
    }

    private static void Opened(string path, Action<FileStream> read)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            read(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or EndOfStreamException)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"missing or cut short ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"cannot be read ({e.Message})", e);
        }
    }

    private static void Copy(string path, FileStream file, long position, Device device, Tensor tensor, long begin, long length, float[] chunk)
    {
        file.Position = position;
        for (long at = 0; at < length; at += ChunkLength)
        {
            Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, length - at));
            file.ReadExactly(MemoryMarshal.AsBytes(values));
            if (FirstNotFinite(values) is >= 0 and var wrong)
                throw GpuCtrException.DataError(new DataPlace(path), $"damaged: tensor '{tensor.Name}', row {(begin + at + wrong) / Math.Max(1, tensor.Columns)}: {values[wrong]} is not a finite number; use another checkpoint");
            tensor.Write(device, values, begin + at);
        }
    }

    /// <summary>Index of the first value that is not finite. Infinity and NaN have all exponent bits set; as integers without the sign bit they are the largest.</summary>
    private static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        const int infinity = 0x7F80_0000, magnitude = int.MaxValue;
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(values);
        ReadOnlySpan<Vector<int>> whole = MemoryMarshal.Cast<int, Vector<int>>(bits);
        Vector<int> most = default;
        foreach (Vector<int> some in whole)
            most = Vector.Max(most, some & new Vector<int>(magnitude));
        int from = Vector.GreaterThanOrEqualAny(most, new Vector<int>(infinity)) ? 0 : whole.Length * Vector<int>.Count;
        for (int i = from; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                return i;
        return -1;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using GpuCtr.Training.Export;

namespace GpuCtr.Training.Reports;

/// <summary>
/// A TensorBoard event file: records of length (8 bytes), masked CRC-32C of it, an Event message, masked CRC-32C of that.
/// Each record is flushed to the operating system when it is written, so that TensorBoard can follow a run.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private readonly FileStream file;

    /// <summary>Starts a file in a folder. A resumed run starts another file, which TensorBoard reads after the first.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public EventFile(string folder)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0:F3}.gpu-ctr");
        file = new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.Write, FileShare.Read);
        Write(Event(0).Text(3, "brain.Event:2"));
    }

    /// <summary>Writes values of one step; undefined values are left out.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Add(long step, params (string Tag, double? Value)[] values)
    {
        ProtoMessage summary = new();
        foreach ((string tag, double? value) in values)
        {
            if (value is { } v && double.IsFinite(v))
                summary.Message(1, new ProtoMessage().Text(1, tag).Float(2, (float)v));
        }
        Write(Event(step).Message(5, summary));
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    /// <summary>The masked checksum of the format: rotated by 15 bits, plus a constant. Masking avoids computing the CRC of data that contains its own CRC.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return unchecked(BitOperations.RotateRight(~crc, 15) + 0xA282EAD8);
    }

    private static ProtoMessage Event(long step) => new ProtoMessage().Double(1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0).Integer(2, step);

    private void Write(ProtoMessage message)
    {
        ReadOnlySpan<byte> bytes = message.AsSpan();
        Span<byte> head = stackalloc byte[12], tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], MaskedCrc(head[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(tail, MaskedCrc(bytes));
        file.Write([.. head, .. bytes, .. tail]);
        file.Flush();
    }
}

using System.Buffers.Binary;
using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>Decodes byte arrays of fixed or variable length.</summary>
/// <param name="into">Buffer whose scratch memory is used.</param>
/// <param name="width">Bytes of each array; 0 = variable.</param>
/// <param name="convert">Converts an array to its value.</param>
internal sealed class BytesValues<T>(ColumnBuffer into, int width, BytesValues<T>.Converter convert) : PageValues<T>
{
    /// <summary>Converts a byte array to its value.</summary>
    public delegate T Converter(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public override void Decode(Encoding encoding, ReadOnlySpan<byte> bytes, Span<T> to)
    {
        switch (encoding, width)
        {
            case (Encoding.PLAIN, 0):
                Prefixed(bytes, to);
                break;
            case (Encoding.PLAIN, _):
                Fixed(bytes, to);
                break;
            case (Encoding.BYTE_STREAM_SPLIT, > 0):
                Span<byte> joined = into.Scratch<byte>(bytes.Length).AsSpan(0, bytes.Length);
                CheckBytes(to.Length, (long)to.Length * width, bytes.Length);
                ByteStreams.Join(bytes, width, joined);
                Fixed(joined, to);
                break;
            case (Encoding.DELTA_LENGTH_BYTE_ARRAY, 0):
                Span<int> lengths = into.Scratch<int>(to.Length).AsSpan(0, to.Length);
                Joined(bytes[DeltaPacked.Decode(bytes, lengths)..], lengths, to);
                break;
            case (Encoding.DELTA_BYTE_ARRAY, _):
                Incremental(bytes, to);
                break;
            default:
                throw Unknown(encoding);
        }
    }

    private void Prefixed(ReadOnlySpan<byte> bytes, Span<T> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            int length = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if ((uint)length > (uint)(bytes.Length - sizeof(int)))
                throw BitPacked.TooFew();
            to[i] = convert(bytes.Slice(sizeof(int), length));
            bytes = bytes[(sizeof(int) + length)..];
        }

        CheckBytes(to.Length, 0, bytes.Length);
    }

    private void Fixed(ReadOnlySpan<byte> bytes, Span<T> to)
    {
        CheckBytes(to.Length, (long)to.Length * width, bytes.Length);
        for (int i = 0; i < to.Length; i++)
            to[i] = convert(bytes.Slice(i * width, width));
    }

    private void Joined(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> lengths, Span<T> to)
    {
        CheckBytes(to.Length, Total(lengths), bytes.Length);
        for (int i = 0, at = 0; i < to.Length; at += lengths[i++])
            to[i] = convert(bytes.Slice(at, lengths[i]));
    }

    /// <summary>DELTA_BYTE_ARRAY: each value shares a prefix of the given length with the value before it.</summary>
    private void Incremental(ReadOnlySpan<byte> bytes, Span<T> to)
    {
        int count = to.Length;
        Span<int> prefixes = into.Scratch<int>(2 * count).AsSpan(0, count), suffixes = into.Scratch<int>(2 * count).AsSpan(count, count);
        ReadOnlySpan<byte> rest = bytes[DeltaPacked.Decode(bytes, prefixes)..];
        rest = rest[DeltaPacked.Decode(rest, suffixes)..];
        CheckBytes(count, Total(suffixes), rest.Length);
        PageGuard.CheckGrowth(Total(prefixes) + rest.Length, bytes.Length);
        byte[] value = [];
        for (int i = 0, length = 0; i < count; i++)
        {
            (int prefix, int suffix) = (prefixes[i], suffixes[i]);
            if (prefix > length || (width > 0 && prefix + suffix != width))
                throw new InvalidDataException($"a value takes {prefix} bytes of the one before it, which has {length}, and {suffix} of its own");
            length = prefix + suffix;
            if (length > value.Length)
                Array.Resize(ref value, Math.Max(length, 2 * value.Length));
            rest[..suffix].CopyTo(value.AsSpan(prefix));
            rest = rest[suffix..];
            to[i] = convert(value.AsSpan(0, length));
        }
    }

    private static long Total(ReadOnlySpan<int> lengths)
    {
        long total = 0;
        foreach (int length in lengths)
            total += length >= 0 ? length : throw new InvalidDataException($"a value of {length} bytes");
        return total;
    }
}

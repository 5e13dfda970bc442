using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>Decodes the non-null values of pages to the values of a buffer.</summary>
internal abstract class PageValues<T>
{
    /// <summary>Fills <paramref name="to"/> from all of <paramref name="bytes"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes do not contain exactly that many values.</exception>
    /// <exception cref="NotSupportedException">Values of this type have no such encoding.</exception>
    public abstract void Decode(Encoding encoding, ReadOnlySpan<byte> bytes, Span<T> to);

    /// <summary>The error for an encoding that values of this type do not have.</summary>
    protected static NotSupportedException Unknown(Encoding encoding) => new($"its pages are encoded as {encoding}, which is not supported for its type");

    /// <summary>Checks that values take exactly the bytes of a page.</summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    protected static void CheckBytes(int count, long taken, int found)
    {
        if (taken != found)
            throw new InvalidDataException($"a page declares {count} values, which take {taken} bytes, in {found} bytes");
    }
}

/// <summary>Decodes numbers of fixed width.</summary>
/// <typeparam name="TRaw">Type in the file.</typeparam>
/// <typeparam name="T">Type in the buffer.</typeparam>
/// <param name="into">Buffer whose scratch memory is used.</param>
/// <param name="convert">Converts between them.</param>
internal sealed class NumberValues<TRaw, T>(ColumnBuffer into, NumberValues<TRaw, T>.Converter convert) : PageValues<T> where TRaw : unmanaged
{
    /// <summary>Converts numbers until the target is full.</summary>
    public delegate void Converter(ReadOnlySpan<TRaw> from, Span<T> to);

    /// <inheritdoc/>
    public override void Decode(Encoding encoding, ReadOnlySpan<byte> bytes, Span<T> to)
    {
        if (encoding == Encoding.DELTA_BINARY_PACKED && (typeof(TRaw) == typeof(int) || typeof(TRaw) == typeof(uint)))
            CheckBytes(to.Length, DeltaPacked.Decode(bytes, MemoryMarshal.Cast<TRaw, int>(Scratch(to.Length))), bytes.Length);
        else if (encoding == Encoding.DELTA_BINARY_PACKED && typeof(TRaw) == typeof(long))
            CheckBytes(to.Length, DeltaPacked.Decode(bytes, MemoryMarshal.Cast<TRaw, long>(Scratch(to.Length))), bytes.Length);
        else if (encoding is Encoding.PLAIN or Encoding.BYTE_STREAM_SPLIT)
            CheckBytes(to.Length, (long)to.Length * Unsafe.SizeOf<TRaw>(), bytes.Length);
        else
            throw Unknown(encoding);
        if (encoding == Encoding.BYTE_STREAM_SPLIT)
            ByteStreams.Join(bytes, Unsafe.SizeOf<TRaw>(), MemoryMarshal.AsBytes(Scratch(to.Length)));
        convert(encoding == Encoding.PLAIN ? MemoryMarshal.Cast<byte, TRaw>(bytes) : Scratch(to.Length), to);
    }

    private Span<TRaw> Scratch(int count) => into.Scratch<TRaw>(count).AsSpan(0, count);
}

/// <summary>Decodes booleans to 0 and 1, from one bit each or from run-length encoding with a leading length.</summary>
/// <param name="into">Buffer whose scratch memory is used.</param>
internal sealed class BooleanValues(ColumnBuffer into) : PageValues<long>
{
    /// <inheritdoc/>
    public override void Decode(Encoding encoding, ReadOnlySpan<byte> bytes, Span<long> to)
    {
        Span<int> values = into.Scratch<int>(to.Length).AsSpan(0, to.Length);
        if (encoding == Encoding.PLAIN)
        {
            CheckBytes(to.Length, (to.Length + 7) / 8, bytes.Length);
            BitPacked.Unpack(bytes, 1, values);
        }
        else if (encoding != Encoding.RLE)
        {
            throw Unknown(encoding);
        }
        else if (bytes.Length > 0 || to.Length > 0)
        {
            int length = bytes.Length < sizeof(int) ? -1 : BitConverter.ToInt32(bytes);
            CheckBytes(to.Length, sizeof(int) + (long)length, bytes.Length);
            CheckBytes(to.Length, sizeof(int) + RleBitPackedDecoder.Decode(bytes[sizeof(int)..], 1, values), bytes.Length);
        }

        for (int i = 0; i < to.Length; i++)
            to[i] = values[i];
    }
}

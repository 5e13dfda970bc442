using System.Buffers;
using System.IO.Hashing;
using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>
/// Decodes a column chunk from its pages directly into the target arrays. Every value, null, row and byte that a page declares must be there,
/// and every returned value was decoded from the page: none is left over from an earlier use of the buffer.
/// </summary>
/// <remarks>Pages of versions 1 and 2; format: apache/parquet-format.</remarks>
/// <param name="stream">The file.</param>
/// <param name="layout">The column.</param>
/// <param name="chunk">Its place in the file; its declared number of values is already checked.</param>
/// <param name="into">Buffer with room for as many values.</param>
internal sealed class ColumnPages(ShardStream stream, ColumnLayout layout, ColumnMetaData chunk, ColumnBuffer into)
{
    private readonly int? bits = PageGuard.BitsOf(layout.Leaf!);
    private readonly bool hasLevels = layout.Leaf!.MaxDefinitionLevel + layout.Leaf.MaxRepetitionLevel > 0;

    /// <summary>Reads all values; nulls are set to the default value.</summary>
    /// <param name="decoder">Decodes bytes to values.</param>
    /// <param name="target">(values) receives the values.</param>
    /// <exception cref="InvalidDataException">A page does not match its header.</exception>
    /// <exception cref="NotSupportedException">An encoding or codec that cannot be read.</exception>
    public void Read<T>(PageValues<T> decoder, T[] target)
    {
        PageBytes.CheckCodec(chunk.Codec);
        stream.Budget = stream.Length + Math.Max(0, chunk.TotalCompressedSize) + (1 << 20);
        var levels = new DremelLevels(layout, into, (int)chunk.NumValues);
        Span<T> dictionary = default;
        bool hasDictionary = false;
        for (long at = chunk.DictionaryPageOffset is > 0 and long first ? Math.Min(first, chunk.DataPageOffset) : chunk.DataPageOffset; !levels.IsDone;)
        {
            (PageHeader page, int headerBytes) = Header(at);
            stream.Position = at + headerBytes;
            at = stream.Position + page.CompressedBytes;
            ReadOnlySpan<byte> bytes = into.Page.Read(stream, page, chunk.Codec);
            if (page.Kind == PageKind.Dictionary)
            {
                if (hasDictionary || page.Encoding is not (Encoding.PLAIN or Encoding.PLAIN_DICTIONARY))
                    throw new InvalidDataException(hasDictionary ? "it has two dictionaries" : $"its dictionary is encoded as {page.Encoding}");
                hasDictionary = true;
                dictionary = into.Entries<T>((int)page.Values).AsSpan(0, (int)page.Values);
                decoder.Decode(Encoding.PLAIN, bytes, dictionary);
                continue;
            }

            (int start, int count, int packed) = levels.Take(page, ref bytes);
            Span<T> to = target.AsSpan(start, count);
            if (page.Encoding is not (Encoding.PLAIN_DICTIONARY or Encoding.RLE_DICTIONARY))
                decoder.Decode(page.Encoding, bytes, to[..packed]);
            else if (hasDictionary)
                LookUp(bytes, dictionary, to[..packed]);
            else
                throw new InvalidDataException("a page refers to a dictionary that does not exist");
            if (packed < count)
                Spread(to, into.Nulls.AsSpan(start, count), packed);
        }

        levels.Close();
    }

    private (PageHeader Page, int HeaderBytes) Header(long at)
    {
        if (PageHeader.Read(stream, at) is not var (page, headerBytes) || headerBytes == 0)
            throw new InvalidDataException($"there is no page at byte {at}");
        PageGuard.Check(page, bits, hasLevels, stream.Length - at, chunk.NumValues);
        PageGuard.CheckListed(page, chunk.Encodings);
        PageChecksum.Verify(stream, at, headerBytes, page);
        return (page, headerBytes);
    }

    private void LookUp<T>(ReadOnlySpan<byte> bytes, ReadOnlySpan<T> dictionary, Span<T> to)
    {
        if (to.IsEmpty)
            return;
        if (bytes.IsEmpty)
            throw BitPacked.TooFew();
        // The levels of this page are consumed.
        Span<int> places = into.Definition.AsSpan(0, to.Length);
        int taken = 1 + RleBitPackedDecoder.Decode(bytes[1..], bytes[0], places);
        if (taken != bytes.Length)
            throw new InvalidDataException($"{to.Length} values of a dictionary take {taken} bytes, the page has {bytes.Length}");
        for (int i = 0; i < places.Length; i++)
        {
            if ((uint)places[i] >= (uint)dictionary.Length)
                throw new InvalidDataException($"value {places[i]} of a dictionary of {dictionary.Length}");
            to[i] = dictionary[places[i]];
        }
    }

    /// <summary>Spreads densely decoded values to their positions between nulls, in place and from the back.</summary>
    private static void Spread<T>(Span<T> values, ReadOnlySpan<bool> nulls, int packed)
    {
        int from = packed - 1;
        for (int to = nulls.Length - 1; to >= 0; to--)
            values[to] = nulls[to] ? default! : values[from--];
    }
}

/// <summary>Verifies the CRC-32 that some writers (parquet-mr, hence Spark) put into page headers.</summary>
internal static class PageChecksum
{
    /// <summary>Checks the bytes of a page, if its header has a checksum; the header begins at <paramref name="at"/>.</summary>
    /// <exception cref="InvalidDataException">The checksum does not match.</exception>
    public static void Verify(ShardStream stream, long at, int headerBytes, PageHeader page)
    {
        if (page.Checksum is not { } expected)
            return;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            var crc = new Crc32();
            for (long position = at + headerBytes, end = position + page.CompressedBytes; position < end;)
            {
                int count = stream.Peek(position, scratch.AsSpan(0, (int)Math.Min(scratch.Length, end - position)));
                if (count == 0)
                    return; // the page is longer than the file: the reader reports that
                crc.Append(scratch.AsSpan(0, count));
                position += count;
            }

            uint found = crc.GetCurrentHashAsUInt32();
            if (found != expected)
                throw new InvalidDataException($"the checksum of the page at byte {at} is {found:x8}, but it was written as {expected:x8}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}

namespace GpuCtr.Data.Parquet;

/// <summary>BYTE_STREAM_SPLIT: the first bytes of all values, then all second bytes, and so on.</summary>
internal static class ByteStreams
{
    /// <summary>Reassembles the bytes of each value.</summary>
    /// <param name="bytes">(width × values) split bytes.</param>
    /// <param name="width">Bytes of a value.</param>
    /// <param name="to">(values × width) reassembled bytes.</param>
    public static void Join(ReadOnlySpan<byte> bytes, int width, Span<byte> to)
    {
        int count = bytes.Length / width;
        for (int b = 0; b < width; b++)
        {
            ReadOnlySpan<byte> stream = bytes.Slice(b * count, count);
            for (int i = 0, at = b; i < stream.Length; i++, at += width)
                to[at] = stream[i];
        }
    }
}

using System.Buffers;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Shards;

/// <summary>
/// Buffered, positioned reads of one shard with a byte budget: a broken shard that makes its reader loop ends with an
/// exception.
/// </summary>
/// <remarks>The file is open only between <see cref="Open"/> and <see cref="Shut"/>, so thousands of shards do not keep thousands of files open.</remarks>
internal sealed class ShardStream(IShardSource source) : Stream
{
    private byte[] buffer = [];
    private IShardBytes? bytes;
    private long bufferStart;
    private int bufferLength;
    private long position;

    /// <summary>Bytes that may still be read.</summary>
    public long Budget { get; set; } = long.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => source.LengthBytes;

    public override long Position { get => position; set => position = value; }

    public void Open()
    {
        bytes ??= source.Open();
        bufferLength = 0;
        if (buffer.Length == 0)
            buffer = ArrayPool<byte>.Shared.Rent(source.BufferBytes);
    }

    public void Shut()
    {
        bytes?.Dispose();
        bytes = null;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    public override int Read(Span<byte> target)
    {
        if (position < 0 || position >= Length)
        {
            Spend(4096);
            return 0;
        }

        if (position < bufferStart || position >= bufferStart + bufferLength)
        {
            if (target.Length >= buffer.Length)
                return Advance(bytes!.Read(position, target));
            bufferStart = position;
            bufferLength = bytes!.Read(position, buffer);
        }

        int at = (int)(position - bufferStart);
        int count = Math.Min(target.Length, bufferLength - at);
        buffer.AsSpan(at, count).CopyTo(target);
        return Advance(count);
    }

    /// <summary>Copies bytes without moving the position and outside the budget; returns their number.</summary>
    public int Peek(long at, Span<byte> target)
    {
        (long saved, long budget) = (position, Budget);
        position = at;
        int count = 0;
        for (int read = 1; count < target.Length && read > 0 && position < Length; count += read)
            read = Read(target[count..]);
        (position, Budget) = (saved, budget);
        return count;
    }

    public override int Read(byte[] target, int offset, int count) => Read(target.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellationToken = default) => new(Read(target.Span));

    public override Task<int> ReadAsync(byte[] target, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(target.AsSpan(offset, count)));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => position + offset, _ => Length + offset };
        return position;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] source, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Shut();
        base.Dispose(disposing);
    }

    private int Advance(int count)
    {
        position += count;
        Spend(Math.Max(count, 1));
        return count;
    }

    private void Spend(long bytes)
    {
        Budget -= bytes;
        if (Budget < 0)
            throw new InvalidDataException("its pages do not end: more bytes were read than the column has");
    }
}

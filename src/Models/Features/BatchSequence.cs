using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models.Features;

/// <summary>A list column of a batch, jagged: the ids of row b are Values[Offsets[b] .. Offsets[b+1]].</summary>
public sealed class BatchSequence : IDisposable
{
    private readonly PinnedBuffer<int> values;
    private readonly PinnedBuffer<int> offsets;

    internal BatchSequence(Device device, SequenceField field, int capacity)
    {
        Field = field;
        values = new PinnedBuffer<int>(device, (long)capacity * field.MaxLength);
        offsets = new PinnedBuffer<int>(device, capacity + 1);
        offsets.Span.Clear();
    }

    /// <summary>The column.</summary>
    public SequenceField Field { get; }

    /// <summary>Vocabulary-local ids, one row after the other, oldest first.</summary>
    public Span<int> Values => values.Span;

    /// <summary>(B+1) start of each row in <see cref="Values"/>; Offsets[0] = 0.</summary>
    public Span<int> Offsets => offsets.Span;

    /// <summary>Fills every one of <paramref name="rows"/> rows up to the longest length with the padding id.</summary>
    internal void Pad(int rows)
    {
        int longest = Field.MaxLength;
        // From the last row to the first, so that nothing is overwritten before it has moved.
        for (int b = rows - 1; b >= 0; b--)
        {
            Span<int> row = Values[Offsets[b]..Offsets[b + 1]], to = Values.Slice(b * longest, longest);
            row.CopyTo(to);
            to[row.Length..].Clear();
        }
        for (int b = 0; b <= rows; b++)
            Offsets[b] = b * longest;
    }

    internal void Upload(Device device, DeviceArray<int> rows, int at, int batchRows) => values.CopyTo(device, rows, offsets.Span[batchRows], at);

    internal void UploadOffsets(Device device, DeviceArray<int> to, long count) => offsets.CopyTo(device, to, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        values.Dispose();
        offsets.Dispose();
    }
}

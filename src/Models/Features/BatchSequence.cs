using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models.Features;

/// <summary>A list column of a batch, jagged: the entries of row b are TableRows[Offsets[b] .. Offsets[b+1]].</summary>
public sealed class BatchSequence : IDisposable
{
    private readonly PinnedBuffer<int> tableRows;
    private readonly PinnedBuffer<int> offsets;
    private readonly int deviceBase;

    internal BatchSequence(Device device, SequenceField field, int vocabularyRows, int tableOffset, int capacity, int deviceBase)
    {
        (Field, VocabularyRows, TableOffset, this.deviceBase) = (field, vocabularyRows, tableOffset, deviceBase);
        tableRows = new PinnedBuffer<int>(device, (long)capacity * field.MaxLength);
        offsets = new PinnedBuffer<int>(device, capacity + 1);
        offsets.Span.Clear();
    }

    /// <summary>The column.</summary>
    public SequenceField Field { get; }

    /// <summary>Rows of the embedding table, one row of the batch after the other, oldest first.</summary>
    public Span<int> TableRows => tableRows.Span;

    /// <summary>(B+1) start of each row in <see cref="TableRows"/>; Offsets[0] = 0.</summary>
    public Span<int> Offsets => offsets.Span;

    /// <summary>The table row of id 0 of its vocabulary, which is padding.</summary>
    public int TableOffset { get; }

    /// <summary>V: ids of its vocabulary.</summary>
    internal int VocabularyRows { get; }

    /// <summary>Sets the list of row <paramref name="b"/>, after those of the previous rows.</summary>
    /// <param name="b">The row; those before it are set.</param>
    /// <param name="ids">Ids within its vocabulary, oldest first.</param>
    public void SetIds(int b, ReadOnlySpan<int> ids)
    {
        Span<int> to = TableRows.Slice(Offsets[b], ids.Length);
        for (int t = 0; t < ids.Length; t++)
            to[t] = TableOffset + ids[t];
        Offsets[b + 1] = Offsets[b] + ids.Length;
    }

    /// <summary>The id of an entry, counted over all rows.</summary>
    public int IdAt(int t) => TableRows[t] - TableOffset;

    /// <summary>The row of the batch that an entry belongs to.</summary>
    internal int RowOf(int t)
    {
        int b = 0;
        while (Offsets[b + 1] <= t)
            b++;
        return b;
    }

    /// <summary>Checks that the offsets start at 0 and increase by 0 to the maximum length.</summary>
    /// <exception cref="ArgumentException">They do not; the message names list and row.</exception>
    internal void CheckShape(int rows)
    {
        Span<int> starts = Offsets[..(rows + 1)];
        if (starts[0] != 0)
            throw new ArgumentException($"{Field.Name}: the offsets of a batch begin with 0, not {starts[0]}");
        for (int b = 0; b < rows; b++)
            if ((uint)(starts[b + 1] - starts[b]) > (uint)Field.MaxLength)
                throw new ArgumentException($"{Field.Name}, row {b} of the batch: from {starts[b]} to {starts[b + 1]} are not 0 to {Field.MaxLength} entries");
    }

    /// <summary>Takes over the ids of another list, whose vocabulary is as large.</summary>
    internal void Repeat(BatchSequence other, int rows)
    {
        other.Offsets[..(rows + 1)].CopyTo(Offsets);
        int count = Offsets[rows];
        ReadOnlySpan<int> from = other.TableRows[..count];
        Span<int> to = TableRows[..count];
        for (int t = 0; t < count; t++)
            to[t] = from[t] - other.TableOffset + TableOffset;
    }

    /// <summary>Pads each of <paramref name="rows"/> rows to the maximum length.</summary>
    internal void Pad(int rows)
    {
        int longest = Field.MaxLength;
        // From the last row to the first, so that no entry is overwritten before it is moved.
        for (int b = rows - 1; b >= 0; b--)
        {
            Span<int> row = TableRows[Offsets[b]..Offsets[b + 1]], to = TableRows.Slice(b * longest, longest);
            row.CopyTo(to);
            to[row.Length..].Fill(TableOffset);
        }
        for (int b = 0; b <= rows; b++)
            Offsets[b] = b * longest;
    }

    /// <summary>
    /// Copies histories from a dense padded matrix: <see cref="TableRows"/> and <see cref="Offsets"/> of the first
    /// <paramref name="rows"/> rows become the valid positions in their order. Other positions are never read.
    /// </summary>
    /// <param name="padded">(rows, width) ids, row-major, padded anywhere.</param>
    /// <param name="mask">(rows, width) true at valid positions.</param>
    /// <param name="rows">Rows, at most the capacity of the batch.</param>
    /// <param name="width">Positions of a row, padding included; may exceed the field's MaxLength.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or a row has more than MaxLength valid positions.</exception>
    public void FillPadded(ReadOnlySpan<int> padded, ReadOnlySpan<bool> mask, int rows, int width)
    {
        if (rows < 0 || width < 0 || rows >= offsets.Span.Length)
            throw new ArgumentException($"{Field.Name}: ({rows}, {width}) padded positions do not fit a batch of {offsets.Span.Length - 1} rows");
        if (padded.Length != (long)rows * width || mask.Length != padded.Length)
            throw new ArgumentException($"{Field.Name}: ({rows}, {width}) padded positions, but {padded.Length} ids and {mask.Length} entries of the mask");
        Span<int> to = TableRows, starts = Offsets;
        starts[0] = 0;
        for (int b = 0, i = 0; b < rows; b++)
        {
            ReadOnlySpan<bool> valid = mask.Slice(b * width, width);
            int length = valid.Count(true), at = starts[b];
            if (length > Field.MaxLength)
                throw new ArgumentException($"{Field.Name}, row {b} of the batch: {length} valid positions, at most {Field.MaxLength} fit; keep the most recent ones");
            foreach (bool used in valid)
            {
                if (used)
                    to[at++] = TableOffset + padded[i];
                i++;
            }
            starts[b + 1] = at;
        }
    }

    /// <param name="device">The device.</param>
    /// <param name="rows">The table rows of all list columns.</param>
    /// <param name="batchRows">Rows of the batch.</param>
    /// <param name="numbered">Numbers that replace table rows, laid out like <paramref name="rows"/>; null: the table rows themselves.</param>
    internal ReadOnlySpan<int> Upload(Device device, DeviceArray<int> rows, int batchRows, PinnedBuffer<int>? numbered) =>
        (numbered ?? tableRows).Copy(device, rows, offsets.Span[batchRows], deviceBase, numbered is null ? 0 : deviceBase);

    internal void UploadOffsets(Device device, DeviceArray<int> to, long count) => offsets.Copy(device, to, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        tableRows.Dispose();
        offsets.Dispose();
    }
}

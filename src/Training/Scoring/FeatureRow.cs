using System.Runtime.InteropServices;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Models.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr;

/// <summary>The raw values of one row to score, set by column name. A column that is not set is a missing value.</summary>
/// <remarks>
/// Made by <see cref="CtrModel.NewRow"/> for one model. Fill it, score it, <see cref="Clear"/> it and reuse it: nothing is allocated
/// after that. For one thread at a time. A value that training never saw takes the OOV row; a value of another type is an error.
/// </remarks>
public sealed partial class FeatureRow
{
    private readonly int[] ids; // (F)
    private readonly float[] numbers; // (N)
    private readonly int[][] lists; // (list columns) of (MaxLength)
    private readonly int[] lengths; // (list columns)

    private const int MostOnStack = 1 << 10;

    internal FeatureRow(RowEncoder encoder)
    {
        Encoder = encoder;
        ids = new int[encoder.Spec.F];
        numbers = new float[encoder.Spec.N];
        lists = [.. encoder.Spec.Sequences.Select(s => new int[s.MaxLength])];
        lengths = new int[lists.Length];
        (ownIds, ownNumbers, ownLists) = (new bool[ids.Length], new bool[numbers.Length], new bool[lists.Length]);
        Inner = encoder.Inner is { } inner ? new FeatureRow(inner) : null;
        Clear();
    }

    internal RowEncoder Encoder { get; }

    /// <summary>The same row for the model that computes its vector; null if there is none. It receives every value of a column that it reads.</summary>
    internal FeatureRow? Inner { get; }

    /// <summary>Makes every column a missing value.</summary>
    public FeatureRow Clear()
    {
        Array.Fill(ids, VocabularyTable.NullRow);
        Array.Clear(numbers);
        for (int n = 0; n < Encoder.State.Numeric.Count; n++)
            SetMissing(n, 1);
        for (int v = 0; v < Encoder.State.VectorColumns.Count; v++)
            Encoder.State.VectorColumns[v].Encode([], VectorNumbers(v));
        Array.Clear(lengths);
        DisownAll();
        Inner?.Clear();
        return this;
    }

    /// <summary>Sets an integer id, or a number.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, long value) => Set(column, value, ValueKind.Integer);

    /// <summary>Sets an unsigned integer id, or a number.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, ulong value) => Set(column, unchecked((long)value), ValueKind.Unsigned);

    /// <summary>Sets a number or an id. If training had integers in this column, the value must be whole.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind; or the number is not finite.</exception>
    public FeatureRow Set(string column, double value)
    {
        InnerFor(column)?.Set(column, value);
        if (Encoder.Skips(column))
            return this;
        RowSlot slot = Slot(column);
        switch (slot.Column.Use)
        {
            case ColumnUse.Category when slot.Column.Values != ColumnValues.Times: ids[slot.Index] = Encoder.IdOf(slot, value); break;
            case ColumnUse.Number: SetNumber(slot, value); break;
            default: throw RowEncoder.Mismatch(slot, "one number");
        }
        return this;
    }

    /// <summary>Sets a boolean id.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, bool value) => Set(column, value ? 1L : 0L);

    /// <summary>Sets a string id, or a list written as a string in the format of the training shards, or an integer in its usual spelling, or a time in ISO 8601.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, ReadOnlySpan<char> value)
    {
        InnerFor(column)?.Set(column, value);
        if (Encoder.Skips(column))
            return this;
        RowSlot slot = Slot(column);
        switch (slot.Column.Use)
        {
            case ColumnUse.Number or ColumnUse.Category when slot.Column.Values == ColumnValues.Times:
                SetTime(slot, IsoTime.TryParse(value, out long ticks) ? ticks : throw RowEncoder.Mismatch(slot, $"'{RowEncoder.Short(value)}' is no time such as 2024-01-31T12:30:00Z"));
                break;
            case ColumnUse.Category: ids[slot.Index] = Encoder.IdOf(slot, value); break;
            case ColumnUse.Number when WholeNumber.OfCanonical(value) is { } integer: SetNumber(slot, WholeNumber.Real(integer.Bits, integer.Kind)); break;
            case ColumnUse.List when Encoder.State.Sequences[slot.Index].Grammar() is { } grammar: SetText(slot, value, grammar); break;
            default: throw RowEncoder.Mismatch(slot, "a string");
        }
        return this;
    }

    /// <summary>Sets an integer id or a number.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, decimal value) => WholeNumber.Of(value) is { } integer ? Set(column, integer.Bits, integer.Kind) : Set(column, (double)value);

    /// <summary>Sets a time; a local time is converted to UTC.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, DateTime value) => SetTime(column, (value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value).Ticks - DateTime.UnixEpoch.Ticks);

    /// <summary>Sets a time, converted to UTC.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, DateTimeOffset value) => SetTime(column, value.UtcTicks - DateTime.UnixEpoch.Ticks);

    /// <summary>Sets a date.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, DateOnly value) => Set(column, value.ToDateTime(TimeOnly.MinValue));

    /// <summary>Sets a list of integers, oldest first; of a list that is longer than the model reads, the last entries count.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, ReadOnlySpan<long> entries) => Set(column, entries, ValueKind.Integer);

    /// <summary>Sets a list of unsigned integers, oldest first; of a list that is longer than the model reads, the last entries count.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, ReadOnlySpan<ulong> entries) => Set(column, MemoryMarshal.Cast<ulong, long>(entries), ValueKind.Unsigned);

    /// <summary>Sets a list of strings, oldest first; of a list that is longer than the model reads, the last entries count. A null is a missing entry.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind.</exception>
    public FeatureRow Set(string column, ReadOnlySpan<string?> entries)
    {
        InnerFor(column)?.Set(column, entries);
        if (Encoder.Skips(column))
            return this;
        RowSlot slot = ListSlot(column, ColumnValues.Strings, "a list of strings");
        int[] list = Begin(slot, entries.Length, out int first);
        VocabularyTable vocabulary = Encoder.ListVocabulary(slot.Index);
        for (int i = first; i < entries.Length; i++)
            list[i - first] = entries[i] is { } entry ? vocabulary.RowOf(entry) : VocabularyTable.NullRow;
        return this;
    }

    /// <summary>Sets a vector; an empty one is missing.</summary>
    /// <exception cref="ArgumentException">The model reads no such column, or one of another kind; the vector has another number of elements than in training, or one is not finite.</exception>
    public FeatureRow Set(string column, ReadOnlySpan<float> values)
    {
        Span<double> numbers = values.Length <= MostOnStack ? stackalloc double[values.Length] : new double[values.Length];
        for (int i = 0; i < values.Length; i++)
            numbers[i] = values[i];
        return SetVector(column, numbers);
    }

    /// <summary>(F) row numbers within the vocabularies.</summary>
    internal ReadOnlySpan<int> Ids => ids;

    /// <summary>(N) transformed numbers.</summary>
    internal ReadOnlySpan<float> Numbers => numbers;

    /// <summary>Row numbers of the entries of a list.</summary>
    internal ReadOnlySpan<int> List(int s) => lists[s].AsSpan(0, lengths[s]);

    /// <summary>Appends this row to a batch that has room for it.</summary>
    internal void CopyTo(Batch batch)
    {
        int b = batch.Rows++;
        batch.SetIds(b, ids);
        numbers.CopyTo(batch.Numeric[(b * numbers.Length)..]);
        for (int s = 0; s < lists.Length; s++)
        {
            batch.Sequences[s].Offsets[0] = 0;
            batch.Sequences[s].SetIds(b, List(s));
        }
    }

    /// <summary>The row of the model that makes vectors, if it reads a column.</summary>
    private FeatureRow? InnerFor(string column) => Encoder.IsSharedWithInner(column) ? Inner : null;

    private FeatureRow Set(string column, long bits, ValueKind kind)
    {
        InnerFor(column)?.Set(column, bits, kind);
        if (Encoder.Skips(column))
            return this;
        RowSlot slot = Slot(column);
        switch (slot.Column.Use)
        {
            case ColumnUse.Category when slot.Column.Values != ColumnValues.Times: ids[slot.Index] = Encoder.IdOf(slot, new WholeNumber(bits, kind)); break;
            case ColumnUse.Number: SetNumber(slot, WholeNumber.Real(bits, kind)); break;
            default: throw RowEncoder.Mismatch(slot, "one integer");
        }
        return this;
    }

    private FeatureRow Set(string column, ReadOnlySpan<long> entries, ValueKind kind)
    {
        InnerFor(column)?.Set(column, entries, kind);
        if (Encoder.Skips(column))
            return this;
        RowSlot slot = ListSlot(column, ColumnValues.Integers, "a list of integers");
        int[] list = Begin(slot, entries.Length, out int first);
        VocabularyTable vocabulary = Encoder.ListVocabulary(slot.Index);
        for (int i = first; i < entries.Length; i++)
            list[i - first] = vocabulary.RowOf(entries[i], kind);
        return this;
    }

    private RowSlot ListSlot(string column, ColumnValues values, string found)
    {
        RowSlot slot = Slot(column);
        return slot.Column.Use == ColumnUse.List && slot.Column.Values == values ? slot : throw RowEncoder.Mismatch(slot, found);
    }

    private int[] Begin(RowSlot slot, int count, out int first)
    {
        int[] list = lists[slot.Index];
        first = Math.Max(0, count - list.Length);
        lengths[slot.Index] = count - first;
        return list;
    }

    private FeatureRow SetTime(string column, long ticks)
    {
        InnerFor(column)?.SetTime(column, ticks);
        return Encoder.Skips(column) ? this : SetTime(Slot(column), ticks);
    }

    private FeatureRow SetTime(RowSlot slot, long ticks)
    {
        if (slot.Column.Values != ColumnValues.Times)
            throw RowEncoder.Mismatch(slot, "a time");
        if (slot.Column.Use == ColumnUse.Number)
            SetNumber(slot, TimeFields.Seconds(ticks, StoredTimeUnit.Ticks));
        else
            for (int field = slot.Index; field < slot.Index + slot.Parts; field++)
                ids[field] = Encoder.IdOf(field, ticks);
        return this;
    }

    private void SetNumber(RowSlot slot, double value)
    {
        NumericColumn state = Encoder.State.Numeric[slot.Index];
        if (!NumericTransforms.CanRead(value, state.Transform))
            throw RowEncoder.Unreadable(slot, value);
        numbers[Encoder.NumberAt(slot.Index)] = state.Encode(value);
        SetMissing(slot.Index, 0);
    }

    private FeatureRow SetVector(string column, ReadOnlySpan<double> values)
    {
        InnerFor(column)?.SetVector(column, values);
        if (Encoder.Skips(column))
            return this;
        RowSlot slot = Slot(column);
        if (slot.Column.Use != ColumnUse.Vector)
            throw RowEncoder.Mismatch(slot, "a list of numbers");
        VectorColumn vector = Encoder.State.VectorColumns[slot.Index];
        if (values.Length > 0 && values.Length != vector.Means.Length)
            throw RowEncoder.Mismatch(slot, $"{values.Length} numbers", $", {vector.Means.Length} each");
        foreach (double value in values)
            if (!NumericTransforms.CanRead(value, vector.Transform))
                throw RowEncoder.Unreadable(slot, value);
        vector.Encode(values, VectorNumbers(slot.Index));
        return this;
    }

    private Span<float> VectorNumbers(int v) => numbers.AsSpan(Encoder.VectorAt(v), Encoder.State.VectorColumns[v].Count());

    private void SetMissing(int n, float missing)
    {
        if (Encoder.State.Numeric[n].Missing)
            numbers[Encoder.NumberAt(n) + 1] = missing;
    }
}

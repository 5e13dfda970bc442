using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training.Scoring;

/// <summary>Destination of a column: the array of <see cref="FeatureRow"/> and the element in it.</summary>
/// <param name="Column">Name and type of the column.</param>
/// <param name="Index">Index of the field, number or list; for a time, of the first of its consecutive derived fields.</param>
/// <param name="Parts">Number of derived fields.</param>
internal sealed record RowSlot(ModelColumn Column, int Index, int Parts = 1);

/// <summary>Raw values of single rows → row numbers and transformed numbers, by the same rules as <see cref="BlockEncoder"/>. Immutable.</summary>
internal sealed class RowEncoder
{
    private readonly FeatureEncoder encoder;
    private readonly Dictionary<string, RowSlot> slots = new(StringComparer.Ordinal);
    private readonly int[] numberAt;
    private readonly int[] vectorAt;
    private readonly string[] unread;
    private readonly bool ignoresUnknown;

    /// <param name="encoder">What training has fitted.</param>
    /// <param name="ignoresUnknown">Whether columns that the model does not read are skipped instead of refused.</param>
    public RowEncoder(FeatureEncoder encoder, bool ignoresUnknown = false)
    {
        (this.encoder, this.ignoresUnknown) = (encoder, ignoresUnknown);
        FittedFeatures state = encoder.State;
        Inner = encoder.RowVectors is TrainedVectors vectors ? new RowEncoder(vectors.Encoder) : null;
        for (int f = 0; f < state.Categorical.Count; f++)
            AddField(state.Categorical, f);
        numberAt = state.NumberPlaces();
        for (int n = 0; n < state.Numeric.Count; n++)
            Add(new ModelColumn(state.Numeric[n].Column, state.Numeric[n].Time ? ColumnValues.Times : ColumnValues.Numbers, ColumnUse.Number), n);
        vectorAt = [.. Enumerable.Range(0, state.VectorColumns.Count).Select(state.VectorPlace)];
        for (int v = 0; v < vectorAt.Length; v++)
            if (!state.VectorColumns[v].Computed)
                Add(new ModelColumn(state.VectorColumns[v].Column, ColumnValues.Numbers, ColumnUse.Vector), v);
        for (int s = 0; s < state.Sequences.Count; s++)
            Add(new ModelColumn(state.Sequences[s].Column, Kind(encoder.Vocabularies[state.Sequences[s].Vocabulary].Kind), ColumnUse.List), s);
        Columns = [.. slots.Values.Select(s => s.Column), .. Inner is null ? [] : Inner.Columns.Where(c => !slots.ContainsKey(c.Name))];
        // The derived fields of a time can also be set directly.
        for (int f = 0; f < state.Categorical.Count; f++)
            if (state.Categorical[f].Part is not null)
                slots.TryAdd(encoder.Spec.Categorical[f].Name, new RowSlot(new ModelColumn(encoder.Spec.Categorical[f].Name, ColumnValues.Integers, ColumnUse.Category), f));
        unread = [.. new[] { state.Label, state.GroupKey }.OfType<string>().Where(name => !slots.ContainsKey(name))];
    }

    /// <summary>For the model that computes vectors of rows, which may read other columns; null if there is none.</summary>
    public RowEncoder? Inner { get; }

    /// <summary>The columns that a model reads.</summary>
    public IReadOnlyList<ModelColumn> Columns { get; }

    /// <summary>The fitted state.</summary>
    public FittedFeatures State => encoder.State;

    /// <summary>Sizes of a row.</summary>
    public Models.Features.FeatureSpec Spec => encoder.Spec;

    /// <summary>Whether a column is skipped: only the model that computes vectors of rows reads it, or no model does and unknown columns are ignored.</summary>
    public bool Skips(string column) => !slots.ContainsKey(column) && (ignoresUnknown || (Inner is not null && (Inner.slots.ContainsKey(column) || Inner.IsUnread(column))));

    /// <summary>Whether the model that makes vectors of rows reads a column.</summary>
    public bool IsSharedWithInner(string column) => Inner is not null && Inner.slots.ContainsKey(column);

    /// <summary>Destination of a column.</summary>
    /// <exception cref="ArgumentException">The model reads no such column.</exception>
    public RowSlot Slot(string column) => slots.TryGetValue(column, out RowSlot? slot)
        ? slot
        : throw new ArgumentException($"column '{column}': the model reads no such column{Spelling.Suggest(column, slots.Keys)}; it reads {string.Join(", ", slots.Keys)}");

    /// <summary>Whether this is a training column that scoring ignores: the label or the group column.</summary>
    public bool IsUnread(string column) => unread.Contains(column);

    private VocabularyTable Vocabulary(int field) => encoder.Vocabularies[State.Categorical[field].Vocabulary];

    /// <summary>Vocabulary of a list.</summary>
    public VocabularyTable ListVocabulary(int list) => encoder.Vocabularies[State.Sequences[list].Vocabulary];

    /// <summary>Element of the numbers for column <paramref name="index"/>.</summary>
    public int NumberAt(int index) => numberAt[index];

    /// <summary>Element of the numbers where vector column <paramref name="index"/> begins.</summary>
    public int VectorAt(int index) => vectorAt[index];

    /// <summary>Id of an integer, signed or unsigned.</summary>
    public int IdOf(RowSlot slot, WholeNumber value) => State.Categorical[slot.Index].IdOf(value, Vocabulary(slot.Index)) ?? throw Mismatch(slot, "an integer");

    /// <summary>Id of a real number; as in training, NaN and infinity are missing ids.</summary>
    public int IdOf(RowSlot slot, double value)
    {
        CategoricalColumn column = State.Categorical[slot.Index];
        return column.IdOf(value, Vocabulary(slot.Index)) ?? throw (column.HasWholeValues ? Mismatch(slot, $"the number {value}")
            : column.Kind is ValueKind.Text or ValueKind.Time ? Mismatch(slot, "a real number")
            : Unreadable(slot, value));
    }

    /// <summary>Id of a string; if training had integers, of the integer in its usual spelling.</summary>
    public int IdOf(RowSlot slot, ReadOnlySpan<char> value) => State.Categorical[slot.Index].Kind == ValueKind.Text ? Vocabulary(slot.Index).RowOf(value)
        : WholeNumber.OfCanonical(value) is { } integer ? IdOf(slot, integer)
        : throw Mismatch(slot, $"the string '{Short(value)}'");

    /// <summary>Id of a derived field of a time.</summary>
    /// <param name="field">Index of the derived field.</param>
    /// <param name="ticks">Units of 100 ns since 1970.</param>
    public int IdOf(int field, long ticks) => State.Categorical[field].IdOfTime(ticks, Vocabulary(field));

    /// <summary>The beginning of a text, for a message.</summary>
    public static string Short(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}…";

    /// <summary>The error for a value of another type than in training.</summary>
    public static ArgumentException Mismatch(RowSlot slot, string found, string form = "") =>
        new($"column '{slot.Column.Name}': {found}, the model was trained with {slot.Column.Describe()}{form}");

    /// <summary>The error for a number that cannot be read.</summary>
    public static ArgumentException Unreadable(RowSlot slot, double value) =>
        new($"column '{slot.Column.Name}': {NumericTransforms.Text(value)} is {(double.IsFinite(value) ? $"beyond ±{NumericTransforms.Text(float.MaxValue)}, the largest number that the model reads" : "not a finite number")}; leave a missing value unset");

    /// <summary>The derived fields of a time are consecutive and have the same column.</summary>
    private void AddField(IReadOnlyList<CategoricalColumn> fields, int f)
    {
        CategoricalColumn field = fields[f];
        if (field.Kind != ValueKind.Time)
            Add(new ModelColumn(field.Column, Kind(field.Kind), ColumnUse.Category), f);
        else if (f == 0 || fields[f - 1].Column != field.Column)
            slots.Add(field.Column, new RowSlot(new ModelColumn(field.Column, ColumnValues.Times, ColumnUse.Category), f, fields.Skip(f).TakeWhile(p => p.Column == field.Column).Count()));
    }

    private void Add(ModelColumn column, int index) => slots.Add(column.Name, new RowSlot(column, index));

    private static ColumnValues Kind(ValueKind kind) => kind switch { ValueKind.Text => ColumnValues.Strings, ValueKind.Real => ColumnValues.Numbers, _ => ColumnValues.Integers };
}

using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>
/// The values of a vocabulary and their rows: 0 padding, 1 null, 2 … the values (most frequent first, ties by value), last the OOV (out-of-vocabulary) row.
/// </summary>
/// <remarks>If rows are computed (<see cref="ComputedRows"/>: hash buckets, or integers used as row numbers), there are no values.</remarks>
public sealed class VocabularyTable
{
    /// <summary>Row of padding.</summary>
    public const int PaddingRow = 0;

    /// <summary>Row of null.</summary>
    public const int NullRow = 1;

    /// <summary>Row of the first value.</summary>
    public const int FirstValueRow = 2;

    private readonly VocabularyIndex? index;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> texts;

    internal VocabularyTable(string name, ValueKind kind, ComputedRows computed, long[] integers, string[] strings, long[] counts, int[]? absentRuns = null)
    {
        (Name, Kind, Computed, Integers, Texts, Counts, AbsentRuns) = (name, kind, computed, integers, strings, counts, absentRuns ?? []);
        if (computed.Any)
            return;
        if (kind != ValueKind.Text)
        {
            index = new VocabularyIndex(integers, FirstValueRow);
            return;
        }

        var rows = new Dictionary<string, int>(strings.Length, StringComparer.Ordinal);
        for (int i = 0; i < strings.Length; i++)
            rows.Add(strings[i], FirstValueRow + i);
        texts = rows.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Name of the field that owns it.</summary>
    public string Name { get; }

    /// <summary>Integer, unsigned or text.</summary>
    public ValueKind Kind { get; }

    /// <summary>Rows that are computed from the value.</summary>
    internal ComputedRows Computed { get; }

    /// <summary>Values of an integer vocabulary, bits of an unsigned one; value i has row i + 2.</summary>
    public IReadOnlyList<long> Integers { get; }

    /// <summary>Values of a text vocabulary; value i has row i + 2.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>(Rows) how often each row occurred in the training rows; the last one counts the values below the minimum count.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>(values) in how many runs, up to the last, each value did not occur often enough to have a row: those of a vocabulary that grew from run to run. Empty: all occurred in the last one.</summary>
    internal IReadOnlyList<int> AbsentRuns { get; }

    /// <summary>Rows of the table, the padding, null and OOV rows included.</summary>
    public int Rows => Counts.Count;

    /// <summary>Row of out-of-vocabulary values: training never saw them, or too rarely.</summary>
    public int OovRow => Rows - 1;

    /// <summary>Distinct values that have their own row; with hash buckets none has.</summary>
    public int Distinct => Computed.Any && !Computed.Identity ? 0 : Rows - 3;

    /// <summary>Approximate bytes in memory: values, counts and the index.</summary>
    internal long Bytes => sizeof(long) * ((long)Integers.Count + Counts.Count) + sizeof(int) * (long)AbsentRuns.Count + (index?.Bytes ?? 0) + Texts.Sum(t => VocabularyCounter.TextBytes(t.Length));

    /// <summary>Row of an integer.</summary>
    public int RowOf(long value) => index is not null ? index.Find(value, OovRow) : FirstValueRow + Computed.Of(value);

    /// <summary>Row of a signed or unsigned integer; one that this vocabulary cannot represent is OOV.</summary>
    internal int RowOf(long bits, ValueKind kind) => WholeNumber.Fits(bits, kind, Kind) ? RowOf(bits) : OovRow;

    /// <summary>Rows of many integers.</summary>
    /// <param name="values">(n) values.</param>
    /// <param name="rows">(n) their rows.</param>
    public void RowsOf(ReadOnlySpan<long> values, Span<int> rows)
    {
        if (index is not null)
        {
            index.Find(values, rows, OovRow);
            return;
        }

        for (int i = 0; i < values.Length; i++)
            rows[i] = RowOf(values[i]);
    }

    /// <summary>Row of a string.</summary>
    public int RowOf(ReadOnlySpan<char> value)
    {
        if (Computed.Any)
            return FirstValueRow + Computed.Of(value);
        return texts.TryGetValue(value, out int row) ? row : OovRow;
    }

    /// <summary>The row of another vocabulary that has the value of a row of this one.</summary>
    internal int RowIn(VocabularyTable other, int row) => row is PaddingRow or NullRow ? row
        : row == OovRow ? other.OovRow
        : Computed.Any ? row
        : Kind == ValueKind.Text ? other.RowOf(Texts[row - FirstValueRow])
        : other.RowOf(Integers[row - FirstValueRow], Kind);

    /// <summary>Whether the value of a row is found there.</summary>
    internal bool FindsValueOf(int row) => RowIn(this, row) == row;

    /// <summary>The value of a row as text, for reports.</summary>
    public string Describe(int row)
    {
        if (row == PaddingRow)
            return "(padding)";
        if (row == NullRow)
            return "(null)";
        if (row == OovRow)
            return "(OOV)";
        if (Computed.Any)
            return Computed.Identity ? $"{row - FirstValueRow}" : $"bucket {row - FirstValueRow}";
        return Kind == ValueKind.Text ? Texts[row - FirstValueRow] : WholeNumber.Text(Integers[row - FirstValueRow], Kind);
    }

    /// <summary>The integer of a row of values, as bits of an unsigned one.</summary>
    internal long IntegerOf(int row) => Computed.Any ? row - FirstValueRow : Integers[row - FirstValueRow];

    private static string Word(ValueKind kind) => kind == ValueKind.Unsigned ? "unsigned integers" : kind == ValueKind.Text ? "strings" : "signed integers";

    /// <summary>This vocabulary with the new values of another one appended; counts are those of the other one, in which a value may be absent.</summary>
    /// <param name="fresh">The values of a new run.</param>
    /// <param name="forgetAfter">Values that were absent from this number of last runs, including the new one, lose their rows, and those after them move up; 0: keep all.</param>
    /// <exception cref="GpuCtrException">Usage: rows are computed in another way.</exception>
    internal VocabularyTable GrownBy(VocabularyTable fresh, int forgetAfter = 0)
    {
        if (Computed != fresh.Computed)
            throw GpuCtrException.UsageError($"--init-from: rows of {Name} come from {Computed.Describe(Name)} there and from {fresh.Computed.Describe(Name)} here; use the options of that run");
        if (Kind != fresh.Kind && fresh.Integers.Any(v => !WholeNumber.Fits(v, fresh.Kind, Kind)))
            throw GpuCtrException.UsageError($"--init-from: {Name} has {Word(Kind)} in that run and {Word(fresh.Kind)} here; write the shards with the type of that run");
        if (Computed.Any)
            return fresh;
        int[] absent = [.. Enumerable.Range(0, Distinct).Select(i => RowIn(fresh, FirstValueRow + i) != fresh.OovRow ? 0 : 1 + (AbsentRuns.Count > 0 ? AbsentRuns[i] : 0))];
        bool IsKept(int value) => forgetAfter == 0 || absent[value] < forgetAfter;
        long[] integers = [.. Integers.Where((_, i) => IsKept(i)), .. fresh.Integers.Where(v => RowOf(v) == OovRow)];
        string[] strings = [.. Texts.Where((_, i) => IsKept(i)), .. fresh.Texts.Where(v => RowOf(v) == OovRow)];
        absent = [.. absent.Where((_, i) => IsKept(i))];
        IEnumerable<int> rows = Kind == ValueKind.Text ? strings.Select(v => fresh.RowOf(v)) : integers.Select(fresh.RowOf);
        long[] counts = [0, fresh.Counts[NullRow], .. rows.Select(r => r == fresh.OovRow ? 0 : fresh.Counts[r]), fresh.Counts[fresh.OovRow]];
        return new VocabularyTable(Name, Kind, default, integers, strings, counts, absent.All(runs => runs == 0) ? null : [.. absent, .. new int[counts.Length - 3 - absent.Length]]);
    }
}

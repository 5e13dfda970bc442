using System.Globalization;
namespace GpuCtr.Data.Shards;

/// <summary>Converts values from one kind to another, so that shards that store a column differently read alike.</summary>
public sealed partial class ColumnBuffer
{
    private readonly List<int> misfits = [];

    /// <summary>Rows with a value that the wanted kind cannot represent, in order; the value became null.</summary>
    public IReadOnlyList<int> Misfits => misfits;

    /// <summary>Description of the first of them.</summary>
    internal string? FirstMisfit { get; private set; }

    /// <summary>Whether there is no value: only nulls, and NaN, which some writers write for nulls.</summary>
    internal bool IsAllNull
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                if (!IsNull(i) && !(Kind == ValueKind.Real && double.IsNaN(Reals[i])))
                    return false;
            }

            return true;
        }
    }

    /// <summary>Converts the values to the wanted kind; does nothing if the column already has it.</summary>
    internal void Become(ColumnRequest wanted)
    {
        misfits.Clear();
        ValueKind to = wanted.Kind ?? (ColumnRequest.IsNumber(Kind) ? Kind : ValueKind.Real);
        if (Kind != to || IsList != wanted.IsList)
            Convert(to, wanted.IsList);
    }

    private void Convert(ValueKind to, bool list)
    {
        ValueKind from = Kind;
        if (!HasNulls)
            Nulls.AsSpan(0, Count).Clear();
        Reserve(to, Count);
        HasNulls = false;
        for (int i = 0, row = 0; i < Count; i++)
        {
            while (IsList && i >= Offsets[row + 1])
                row++;
            bool isValue = !Nulls[i] && !(from == ValueKind.Real && double.IsNaN(Reals[i]));
            long bits = 0;
            double real = 0;
            bool fits = isValue && IsList == list && Fits(i, from, to, out bits, out real);
            if (isValue && !fits)
                Note(IsList ? row : i, i, from, to);
            Put(i, to, bits, real);
            Nulls[i] = !fits;
            HasNulls |= !fits;
        }

        if (IsList != list)
            Reshape(to, list);
    }

    private bool Fits(int i, ValueKind from, ValueKind to, out long bits, out double real)
    {
        (bits, real) = (0, 0);
        if (WholeNumber.Is(from) && to == ValueKind.Real)
            return WholeNumber.TryOf(real = WholeNumber.Real(Integers[i], from), from, out _);
        if (WholeNumber.Is(from) && WholeNumber.Is(to))
            return WholeNumber.Fits(bits = Integers[i], from, to);
        return from == ValueKind.Real && WholeNumber.Is(to) && WholeNumber.TryOf(Reals[i], to, out bits);
    }

    private void Put(int i, ValueKind to, long bits, double real)
    {
        if (to == ValueKind.Real)
            Reals[i] = real;
        else if (to == ValueKind.Text)
            Texts[i] = default;
        else
            Integers[i] = bits;
    }

    /// <summary>Fills a column without values: each row has an empty list, or null.</summary>
    private void Reshape(ValueKind to, bool list)
    {
        (IsList, Count, HasNulls) = (list, list ? 0 : Rows, !list && Rows > 0);
        Reserve(to, Count);
        for (int i = 0; i < Count; i++)
        {
            Put(i, to, 0, 0);
            Nulls[i] = true;
        }

        if (list)
            Offsets.AsSpan(0, Rows + 1).Clear();
    }

    private void Note(int row, int i, ValueKind from, ValueKind to)
    {
        if (misfits.Count == 0)
            FirstMisfit = Describe(i, from, to);
        if (misfits.Count == 0 || misfits[^1] != row)
            misfits.Add(row);
    }

    private string Describe(int i, ValueKind from, ValueKind to)
    {
        string value = from switch
        {
            ValueKind.Real => Reals[i].ToString("R", CultureInfo.InvariantCulture),
            ValueKind.Text => $"'{Texts[i]}'",
            ValueKind.Time => "a time",
            _ => WholeNumber.Text(Integers[i], from),
        };
        if (WholeNumber.Is(to) && WholeNumber.Is(from))
            return $"{value}, where all other values are {(to == ValueKind.Unsigned ? "unsigned" : "signed 64-bit")} integers";
        if (to == ValueKind.Real && WholeNumber.Is(from))
            return $"{value} is beyond 2⁵³, and the ids are doubles, which cannot distinguish it from its neighbours";
        if (!WholeNumber.Is(to) || from != ValueKind.Real)
            return $"{value} is of another kind than the values of this column";
        return Math.Abs(Reals[i]) >= WholeNumber.AmbiguousInteger
            ? $"{value} is beyond 2⁵³, where a double cannot distinguish adjacent ids"
            : $"{value} is not {(to == ValueKind.Unsigned && Reals[i] < 0 ? "an unsigned" : "a whole")} number, as ids are";
    }
}

using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>What columns of reals look like: numbers, or integers that became reals. Rows of a validation part count as well.</summary>
internal sealed class RealColumnTraits
{
    private readonly Dictionary<string, Traits> columns = new(StringComparer.Ordinal);

    [Flags]
    private enum Traits
    {
        None = 0,
        Values = 1,
        Fractions = 2,
        Negatives = 4,
    }

    /// <summary>Takes in what was read of a column.</summary>
    public void Add(string column, ColumnBuffer read)
    {
        Traits seen = columns.GetValueOrDefault(column);
        for (int i = 0; i < read.Count && !seen.HasFlag(Traits.Fractions); i++)
        {
            if (read.IsNull(i) || !double.IsFinite(read.Reals[i]))
                continue;
            seen |= Traits.Values | (read.Reals[i] < 0 ? Traits.Negatives : 0) | (WholeNumber.TryOf(read.Reals[i], ValueKind.Integer, out _) ? 0 : Traits.Fractions);
        }

        columns[column] = seen;
    }

    /// <summary>Takes in what another thread saw.</summary>
    public void Add(RealColumnTraits other)
    {
        foreach ((string column, Traits seen) in other.columns)
            columns[column] = columns.GetValueOrDefault(column) | seen;
    }

    /// <summary>Whether there are values and all of them are whole.</summary>
    public bool AreWhole(string column) => (columns.GetValueOrDefault(column) & (Traits.Values | Traits.Fractions)) == Traits.Values;

    /// <summary>Whether they may be ids: whole and none of them negative.</summary>
    public bool MayBeIds(string column) => columns.GetValueOrDefault(column) == Traits.Values;
}

namespace GpuCtr.Data.Shards;

/// <summary>A column and the kind as which it is read, independent of how shards store it. A value that the kind cannot represent becomes null and is listed in <see cref="ColumnBuffer.Misfits"/>.</summary>
/// <param name="Name">The column.</param>
/// <param name="Kind">Kind of the values; null = numbers, either integers or reals.</param>
/// <param name="IsList">Whether a row has a list of values.</param>
public sealed record ColumnRequest(string Name, ValueKind? Kind, bool IsList = false)
{
    /// <summary>Whether a stored column can be read as wanted. For numbers, this is decided value by value.</summary>
    internal bool Takes(StoredColumn found) => found.IsList == IsList && (found.Kind == Kind || (IsNumber(found.AsNumber.Kind) && Kind is not (ValueKind.Text or ValueKind.Time)));

    /// <summary>Description for messages.</summary>
    internal string Describe() => (IsList ? "lists of " : "") + (IsList, Kind) switch
    {
        (true, ValueKind.Text) => "strings",
        (true, ValueKind.Real) => "numbers",
        (true, _) => "integers",
        (_, null) => "a number",
        (_, ValueKind.Text) => "string",
        (_, ValueKind.Real) => "a real number",
        (_, ValueKind.Time) => "a date or timestamp",
        _ => "an integer",
    };

    /// <summary>Integers and reals.</summary>
    internal static bool IsNumber(ValueKind kind) => WholeNumber.Is(kind) || kind == ValueKind.Real;

    /// <summary>The message for a value that does not fit.</summary>
    internal GpuCtrException Misfit(Shard shard, RowGroupRef group, ColumnBuffer read)
    {
        string advice = Kind switch
        {
            ValueKind.Real or ValueKind.Text or ValueKind.Time => "write all shards with one type",
            _ when IsList => $"correct it, or leave the column out (--exclude {ColumnNames.InShell(Name)})",
            _ => $"correct it, write all shards with one type, or train on it as a number (--numeric {ColumnNames.InShell(Name)}) or without it (--exclude {ColumnNames.InShell(Name)})",
        };
        return GpuCtrException.DataError(
            shard.Place(group, read.Misfits[0], Name), $"{read.FirstMisfit}; {advice}, or allow some such rows with --bad-rows");
    }
}

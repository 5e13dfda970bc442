using GpuCtr.Data.Features;

namespace GpuCtr.Data.Shards;

/// <summary>How a column is read, whatever the shards store it as. A value that the kind cannot hold becomes null and is noted: <see cref="ColumnBuffer.Misfits"/>.</summary>
/// <param name="Name">The column.</param>
/// <param name="Kind">What its values become; null = numbers, integers and reals as they come.</param>
/// <param name="IsList">Whether a row has a list of them.</param>
public sealed record WantedColumn(string Name, ValueKind? Kind, bool IsList = false)
{
    /// <summary>Whether values of a column as it was found can be what is wanted. Of numbers each single value decides.</summary>
    internal bool Takes(ShardColumn found) => found.IsList == IsList && (found.Kind == Kind || (IsNumber(found.AsNumber.Kind) && Kind is not (ValueKind.Text or ValueKind.Time)));

    /// <summary>As said to a person.</summary>
    internal string Describe() => (IsList ? "lists of " : "") + (IsList, Kind) switch
    {
        (true, ValueKind.Text) => "strings",
        (true, _) => "integers",
        (_, null) => "a number",
        (_, ValueKind.Text) => "string",
        (_, ValueKind.Real) => "a real number",
        (_, ValueKind.Time) => "a date or timestamp",
        _ => "an integer",
    };

    /// <summary>Integers and reals.</summary>
    internal static bool IsNumber(ValueKind kind) => WholeNumber.Is(kind) || kind == ValueKind.Real;

    /// <summary>Says which value does not fit.</summary>
    internal GpuCtrException Misfit(Shard shard, RowGroupRef group, ColumnBuffer read)
    {
        string advice = Kind switch
        {
            ValueKind.Real or ValueKind.Text or ValueKind.Time => "write all shards with one type",
            _ when IsList => $"correct it, or leave the column out (--exclude {ColumnNames.InShell(Name)})",
            _ => $"correct it, write all shards with one type, or train on it as a number (--numeric {ColumnNames.InShell(Name)}) or without it (--exclude {ColumnNames.InShell(Name)})",
        };
        return GpuCtrException.DataError(
            $"{shard.Path}: row group {group.Group}, row {group.FirstRow + read.Misfits[0]}, column '{Name}': {read.FirstMisfit}; {advice}, or allow some such rows with --bad-rows");
    }
}

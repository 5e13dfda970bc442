namespace GpuCtr.Data.Shards;

/// <summary>Kind of the decoded values of a column.</summary>
public enum ValueKind
{
    /// <summary>Booleans, integers, times of day in the unit of the file and decimals of at most 18 digits without decimal places, as signed 64-bit integers.</summary>
    Integer,

    /// <summary>Unsigned 64-bit integers, stored bit by bit in signed ones: <see cref="WholeNumber"/>.</summary>
    Unsigned,

    /// <summary>Half, single and double precision numbers and decimals with decimal places, as double.</summary>
    Real,

    /// <summary>UTF-8 strings, byte arrays (hexadecimal if not UTF-8), UUIDs, and decimals of more than 18 digits without decimal places.</summary>
    Text,

    /// <summary>Dates and timestamps since 1970-01-01 in the <see cref="StoredTimeUnit"/> of the file, unconverted (UTC if the file says so).</summary>
    Time,

    /// <summary>Anything else: structs, maps, lists of lists. Reported, and an error only if a flag names the column.</summary>
    Unsupported,
}

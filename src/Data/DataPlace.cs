namespace GpuCtr;

/// <summary>A place in a file, or a whole file or folder.</summary>
/// <param name="File">Full path, or address of an object.</param>
/// <param name="RowGroup">Its row group, from 0.</param>
/// <param name="Row">Its row, from 0.</param>
/// <param name="Column">The column.</param>
public sealed record DataPlace(string File, int? RowGroup = null, long? Row = null, string? Column = null)
{
    /// <summary>As in messages: a.parquet: row group 0, row 17, column 'user'.</summary>
    public override string ToString()
    {
        string[] parts = [.. RowGroup is { } group ? [$"row group {group}"] : Array.Empty<string>(), .. Row is { } row ? [$"row {row}"] : Array.Empty<string>(), .. Column is { } column ? [$"column '{column}'"] : Array.Empty<string>()];
        return parts.Length == 0 ? File : $"{File}: {string.Join(", ", parts)}";
    }
}

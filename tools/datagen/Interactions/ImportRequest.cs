namespace GpuCtr.Datagen;

/// <summary>Kind of interaction file.</summary>
public enum ImportFormat
{
    /// <summary>As the first lines look.</summary>
    Auto,

    /// <summary>An interaction a line.</summary>
    Log,

    /// <summary>A user a line, with all items in order of time.</summary>
    Sequence,
}

/// <summary>The request of <c>datagen import interactions</c>.</summary>
public sealed record ImportRequest
{
    /// <summary>The files, read in order as if they were one.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Folder of the shards.</summary>
    public required string Out { get; init; }

    /// <summary>Kind of the files.</summary>
    public ImportFormat Format { get; init; }

    /// <summary>The separator of fields; null: detected from the first lines.</summary>
    public string? Separator { get; init; }

    /// <summary>Columns named by the user.</summary>
    public ColumnChoice Columns { get; init; } = ColumnChoice.None;

    /// <summary>File that gives items their categories, if any.</summary>
    public string? CategoriesFile { get; init; }

    /// <summary>Most items of a history: the latest ones are kept.</summary>
    public int MaxHistory { get; init; } = 50;

    /// <summary>Training shards.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Decides the negatives.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Largest share of lines, in percent, that may be bad.</summary>
    public double BadLinePercent { get; init; } = 1;

    /// <summary>Compression of the shards.</summary>
    public Codec Codec { get; init; } = Codec.Zstd;

    /// <summary>Whether shards that are already in the folder may be replaced.</summary>
    public bool Overwrite { get; init; }
}

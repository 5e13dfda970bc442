using System.Text;
using GpuCtr.Data.Features;

namespace GpuCtr.Data.Import;

/// <summary>What is imported, and how.</summary>
internal sealed record ImportRequest
{
    /// <summary>One of <see cref="ImportForm.Formats"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The files, in order.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Folder of the shards.</summary>
    public required string Out { get; init; }

    /// <summary>Separator of a CSV file; null = found in its first line.</summary>
    public string? Separator { get; init; }

    /// <summary>Columns that are text even if their values look like numbers.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>Ratings that count as label 1, for formats with ratings.</summary>
    public IReadOnlyList<string> Positive { get; init; } = [">=4"];

    /// <summary>Share of the rows to validate on.</summary>
    public double ValidFraction { get; init; } = 0.1;

    /// <summary>Share of the rows to test on.</summary>
    public double TestFraction { get; init; } = 0.1;

    /// <summary>Most rows of a training shard.</summary>
    public int RowsPerShard { get; init; } = 1 << 20;

    /// <summary>Rows that may be left out.</summary>
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>Whether shards of an earlier import may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The encoding without a byte order mark; bytes that are not of it are an error.</summary>
    public Encoding TextEncoding { get; init; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}

/// <summary>What came of it.</summary>
/// <param name="Columns">Names and types.</param>
/// <param name="Rows">Rows of the training, validation and test shards.</param>
/// <param name="BadRows">Rows left out.</param>
/// <param name="FirstBad">The first of them; null if there are none.</param>
internal sealed record ImportReport(IReadOnlyList<(string Name, string Type)> Columns, (long Train, long Valid, long Test) Rows, long BadRows, string? FirstBad);

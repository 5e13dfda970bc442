using GpuCtr.Data.Features;
using GpuCtr.Data.Sources;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Options of scoring shards into a file; everything but the model and the shards has a default.</summary>
public sealed record PredictOptions
{
    private const int MostItems = 10_000;

    /// <summary>The default of <see cref="Top"/>.</summary>
    internal const int UsualItems = 10;

    /// <summary>Shards to score: files, folders, patterns, addresses of a store.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>Stores that open addresses such as <c>az://day1.parquet</c>, wherever shards are named; <c>s3://</c> needs none.</summary>
    public IReadOnlyList<ShardStore> Stores { get; init; } = [];

    /// <summary>The trained model: a run folder (its best checkpoint), its best or last, or a checkpoint folder.</summary>
    [Option("a run folder (its best checkpoint), its best or last, or a checkpoint folder", Value = "RUN")]
    public string? Model { get; init; }

    /// <summary>B: rows at once.</summary>
    [Option("rows per batch", Value = "B", Least = 1, Most = TrainOptions.MostBatchRows, Section = OptionSection.Steps)]
    public int BatchSize { get; init; } = 4096;

    /// <summary>Device and threads.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>The Parquet file for the scores.</summary>
    [Option("Parquet file for the scores", Value = "FILE", Section = OptionSection.Rows)]
    public string Out { get; init; } = "scores.parquet";

    /// <summary>Columns of the shards to copy beside the scores.</summary>
    [Option("columns of the shards to copy beside the scores", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>K: number of best items per row, for models that predict items; null = 10.</summary>
    [Option("for models that predict items: the K best next items of each row, with their scores", Value = "K", Default = "10", Least = 1, Most = MostItems)]
    public int? Top { get; init; }

    /// <summary>Whether items of the sequence itself may be among them.</summary>
    [Option("for models that predict items: allow items of the sequence itself")]
    public bool Seen { get; init; }

    /// <summary>Replaces the file.</summary>
    [Option("replace the file of --out")]
    public bool Overwrite { get; init; }

    /// <summary>Memory limit of the whole process; null = a fixed amount for rows, and no limit on everything else.</summary>
    [Option("memory limit of the whole process; rows are streamed", Value = "SIZE", Section = OptionSection.Machine, Default = "512MB for rows, plus what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>Rows with bad numbers that get no score.</summary>
    [Option("bad rows that may get a null score instead of ending the run", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;
}

/// <summary>What was scored.</summary>
/// <param name="Out">The file.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="BadRows">Those of them without a score.</param>
/// <param name="MeanScore">The mean score; null for models that predict items.</param>
/// <param name="Seconds">Wall time of the scoring.</param>
/// <param name="RowsPerSecond">Rows per second.</param>
/// <param name="Step">Steps that the model was trained for.</param>
/// <param name="Device">The device.</param>
public sealed record PredictResult(string Out, long Rows, long BadRows, double? MeanScore, double Seconds, double RowsPerSecond, int Step, string Device);

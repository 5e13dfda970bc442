using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Sources;
using GpuCtr.Models;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training;

/// <summary>Options of measuring a trained model on shards; everything but the model and the shards has a default.</summary>
public sealed record EvaluateOptions
{
    /// <summary>Shards to measure on: files, folders, patterns, addresses of a store.</summary>
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

    /// <summary>Most memory of the whole process.</summary>
    [Option("memory limit of the whole process; rows that do not fit are streamed", Value = "SIZE", Section = OptionSection.Machine, Default = "1GB for rows, plus what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>A list column with the items among which the right one is ranked.</summary>
    [Option("for models that predict items: rank among the items of a list column instead of all items", Value = "COL", Form = OptionForm.Columns, Section = OptionSection.Rows)]
    public string? Candidates { get; init; }

    /// <summary>The files with that column, if it is not in the rows themselves.</summary>
    [Option("files with the column of --candidates, one row per value of --by", Value = "SHARDS…", Form = OptionForm.Paths)]
    public IReadOnlyList<string> CandidatesFrom { get; init; } = [];

    /// <summary>The column by which rows and their candidates belong together.</summary>
    [Option("the column that rows and --candidates-from have in common, such as the user", Value = "COL", Form = OptionForm.Columns)]
    public string? By { get; init; }

    /// <summary>N: so many candidates are drawn.</summary>
    [Option("for models that predict items: rank among N items sampled by their frequency in training, without those of the sequence; 0 = all items", Least = 0, Most = 1_000_000)]
    public int Sampled { get; init; }

    /// <summary>Seed of these draws.</summary>
    [Option("seed for the items of --sampled", Least = 0)]
    public ulong Seed { get; init; } = 1;

    /// <summary>What contradicts itself; null if nothing does.</summary>
    public string? Contradiction() => Candidates is not null && Sampled > 0 ? "--candidates and --sampled both define the items to rank among; choose one"
        : CandidatesFrom.Count > 0 != By is not null || By is not null && Candidates is null ? "--candidates COL, --candidates-from SHARDS and --by COL belong together; without the last two the column is in the rows themselves"
        : null;

    /// <summary>Bad rows that may be left out.</summary>
    [Option("bad rows (labels or numbers that cannot be read) that may be skipped", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>k of NDCG@k, MAP@k and Precision@k; null = 10 for models that rank lists, else they are not measured.</summary>
    [Option("also NDCG@K, MAP@K and Precision@K of the groups of --group-id, in the order shown and by score", Value = "K", Least = 1, Default = "10 for models that rank lists")]
    public int? Top { get; init; }
}

/// <summary>The metrics of a model; an undefined metric is null.</summary>
/// <param name="Rows">Rows that were measured.</param>
/// <param name="Step">Steps that the model was trained for.</param>
/// <param name="WeightsHash">The hash of its weights.</param>
/// <param name="Device">The device.</param>
public sealed record EvaluateResult(long Rows, int Step, string WeightsHash, string Device)
{
    /// <summary>Exact AUC.</summary>
    public double? Auc { get; init; }

    /// <summary>Mean log loss, without any penalty.</summary>
    public double? Logloss { get; init; }

    /// <summary>AUC within groups, averaged by rows; null without a group column.</summary>
    public double? Gauc { get; init; }

    /// <summary>Groups with both labels; null without a group column.</summary>
    public int? GroupsUsed { get; init; }

    /// <summary>Groups with one label, which have no AUC.</summary>
    public int? GroupsLeftOut { get; init; }

    /// <summary>Mean prediction divided by mean label.</summary>
    public double? Calibration { get; init; }

    /// <summary>The same for ten ranges of predictions.</summary>
    public IReadOnlyList<CalibrationBin> CalibrationBins { get; init; } = [];

    /// <summary>NDCG@k, MAP@k and Precision@k of the groups as lists; null if they were not requested and the model ranks no lists.</summary>
    public Reranking? Lists { get; init; }

    /// <summary>HR@10, NDCG@10 and MRR of the correct items; null for click models.</summary>
    public NextItemMetrics? Items { get; init; }

    /// <summary>For models that predict items, the rows whose sequence is too short.</summary>
    public long RowsLeftOut { get; init; }
}

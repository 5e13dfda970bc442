using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using GpuCtr.Data.Splits;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Options of a training run; everything but the shards has a default.</summary>
/// <remarks>Each option is declared once, here or in the record that it belongs to (docs/adr/0034).</remarks>
public sealed record TrainOptions
{
    /// <summary>Largest batch size.</summary>
    public const int MostBatchRows = 1 << 20;

    /// <summary>Shards to train on: files, folders, patterns, addresses of a store.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>Stores that open addresses such as <c>az://day1.parquet</c>, wherever shards are named; <c>s3://</c> needs none.</summary>
    public IReadOnlyList<ShardStore> Stores { get; init; } = [];

    /// <summary>Validation shards; empty = a fraction of the training rows.</summary>
    [Option("shards to validate on after every epoch", Value = "SHARDS…", Form = OptionForm.Paths, Section = OptionSection.Rows, OnResume = OnResume.Free)]
    public IReadOnlyList<string> Valid { get; init; } = [];

    /// <summary>The fraction of the training rows used for validation.</summary>
    [Option("without --valid: share of the rows to validate on, chosen by a hash", Least = 0, Below = 1, OnResume = OnResume.Accepted)]
    public double ValidFraction { get; init; } = 0.1;

    /// <summary>The rows to validate on: the last ones by a column; null = a share by a hash.</summary>
    [Option("validate on the last rows by a column of times, numbers or dates: a share of all rows (time:10%) or the rows from a value on (time:2014-10-28)", Value = "COL:N%|VALUE", ClicksOnly = true, OnResume = OnResume.Accepted)]
    public LastRows? ValidLast { get; init; }

    /// <summary>A column by whose values rows are split for validation, a share --valid-fraction of the values; null = each row separately.</summary>
    [Option("validate on all rows of some values of a column, such as users; --valid-fraction is the share of values", Value = "COL", Form = OptionForm.Columns, ClicksOnly = true, OnResume = OnResume.Accepted)]
    public string? ValidBy { get; init; }

    /// <summary>The test rows: the last ones by a column, not used for training or validation; null = those of --test.</summary>
    [Option("test on the last rows, as for --valid-last; they are not used for training or validation", Value = "COL:N%|VALUE", ClicksOnly = true, OnResume = OnResume.Accepted)]
    public LastRows? TestLast { get; init; }

    /// <summary>In models that predict items, the last item of each training row is for the test and the last but one for validation; false: rows train whole.</summary>
    [Option("for models that predict items: the last item of each row is for the test and the last but one for validation, unless --test or --valid is given; off: train and validate on whole rows", Words = "on|off", True = "on", ReadBy = "sasrec|bert4rec")]
    public bool LeaveOneOut { get; init; } = true;

    /// <summary>Test shards.</summary>
    [Option("shards to test the best checkpoint on at the end", Value = "SHARDS…", Form = OptionForm.Paths, OnResume = OnResume.Free)]
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>Roles and transforms of columns.</summary>
    [Options]
    public FeatureOptions Features { get; init; } = new();

    /// <summary>The architecture; null = din if there is a history, else deepfm.</summary>
    [Option("{words}", Name = "model", Value = "NAME", WordsOf = typeof(ModelCatalog), Default = "din with a history, else deepfm", Section = OptionSection.Model)]
    public string? ModelName { get; init => field = ModelCatalog.Renamed(value); }

    /// <summary>The implementation to reproduce; null = this project's own.</summary>
    [Option("{words}: the model and its training as in that implementation; flags override it", Value = "NAME", WordsOf = typeof(Variants))]
    public string? Variant { get; init; }

    /// <summary>Maps the defaults of the model or variant to the options used: <c>m => m with { EmbeddingDim = 8 }</c>.</summary>
    /// <remarks>Called several times, also to find out which options it sets.</remarks>
    [Options]
    public Func<ModelOptions, ModelOptions> Model { get; init; } = own => own;

    /// <summary>Largest number of passes over the training rows; null = <see cref="AutomaticDefaults"/>.</summary>
    [Option("maximum number of passes over the training rows", Default = "20; 200 for next items; 3 without validation rows; fewer for many millions of rows", Least = 1, Most = 1_000_000, Section = OptionSection.Steps, OnResume = OnResume.Free)]
    public int? Epochs { get; init; }

    /// <summary>B: rows of a step; null = <see cref="AutomaticDefaults"/>.</summary>
    [Option("rows per step", Value = "B", Default = "by the number of rows, 256 to 4096; from 128 for next items", Least = 1, Most = MostBatchRows, OnResume = OnResume.Accepted)]
    public int? BatchSize { get; init; }

    /// <summary>Base learning rate; null = the variant's.</summary>
    [Option("learning rate; 1 for din-official", Name = "lr", Default = "1e-3", Least = 0, Section = OptionSection.LearningRate, OnResume = OnResume.Accepted)]
    public double? LearningRate { get; init; }

    /// <summary>Steps of linear warm-up.</summary>
    [Option("steps over which the learning rate rises from 0", Value = "STEPS", Least = 0, OnResume = OnResume.Accepted)]
    public int LrWarmup { get; init; }

    /// <summary>Factor on the learning rate after an epoch without a better value; null = the variant's.</summary>
    [Option("factor on the learning rate after an epoch without improvement; 1 = off", Value = "F", Default = "1; fuxictr 0.1", Least = 0, OnResume = OnResume.Accepted)]
    public double? LrPlateau { get; init; }

    /// <summary>Factors on the learning rate, each from a given epoch on.</summary>
    [Option("factors on the learning rate from the named epochs on", Value = "EPOCH:F,…", OnResume = OnResume.Accepted)]
    public IReadOnlyList<LearningRateStep> LrSteps { get; init; } = [];

    /// <summary>The validation metric that selects the best epoch; null = AUC, or NDCG of a model that predicts items or ranks lists.</summary>
    [Option("validation metric that decides which epoch is best: auc, logloss, gauc or ndcg of lists; for models that predict items ndcg, hr (both @10) or mrr", Value = "NAME", Words = "auc|logloss|gauc|ndcg|hr|mrr", Default = "auc; ndcg for models that predict items or rank lists", Section = OptionSection.Stopping, OnResume = OnResume.Accepted)]
    public string? Monitor { get; init; }

    /// <summary>k of NDCG@k, MAP@k and Precision@k.</summary>
    [Option("NDCG is computed over the first K places of a list", Value = "K", Least = 1, OnResume = OnResume.Accepted)]
    public int Top { get; init; } = 10;

    /// <summary>Consecutive epochs without improvement before training stops; 0 = never; null = the variant's.</summary>
    [Option("stop after N consecutive epochs without improvement; 0 = never", Default = "2; 10 for next items; or the variant's", Least = 0, OnResume = OnResume.Free)]
    public int? Patience { get; init; }

    /// <summary>Whether the importance of columns is measured at the end.</summary>
    [Option("at the end, add permutation importance of the columns to the report, measured on the test rows or else the validation rows", OnResume = OnResume.Free, ClicksOnly = true)]
    public bool Importance { get; init; }

    /// <summary>Device and threads.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>S: parts of every batch, each computed for itself; equal numbers of them end in equal bits, on any number of ranks that divides them. Null = one for each rank.</summary>
    [Option("parts of every batch that are computed separately: the same bits on any number of ranks that divides S; the slices of a rank are threads", Value = "S", Default = "one per rank", Least = 1, Most = 1024, OnResume = OnResume.Free)]
    public int? Slices { get; init; }

    /// <summary>Memory limit of the whole process; null = a fixed amount for rows, and no limit on everything else.</summary>
    [Option("memory limit of the whole process; rows that do not fit are streamed, after the first epoch from a cache in the run folder", Value = "SIZE", Default = "4GB for rows, plus what the model needs", OnResume = OnResume.Accepted)]
    public ByteSize? Memory { get; init; }

    /// <summary>Folder of the fit cache; "off" = none, null = the user's cache folder.</summary>
    [Option("cache of vocabularies and statistics, reused for the same rows", Value = "DIR|off", Default = "per user, or $GPU_CTR_CACHE", OnResume = OnResume.Free)]
    public string? FitCache { get; init; }

    /// <summary>The run folder; null = one named by date and time.</summary>
    [Option("run folder (default: runs/<date-time>)", Value = "DIR", OnResume = OnResume.Free)]
    public string? Out { get; init; }

    /// <summary>Resumes the run in the folder.</summary>
    [Option("continue the run in --out with the options it has; if shards are given, start it if there is none", OnResume = OnResume.Momentary)]
    public bool Resume { get; init; }

    /// <summary>Options that may differ from the start of the resumed run.</summary>
    [Option("with --resume: options (or train_shards, valid_shards) that may differ from the start of the run", Value = "FIELD,…", OnResume = OnResume.Momentary)]
    public IReadOnlyList<string> AllowChanged { get; init; } = [];

    /// <summary>The run whose weights this one starts with; null = new weights.</summary>
    [Option("start with the weights and options of another run; known values keep their rows, new values get new rows", Value = "RUN", OnResume = OnResume.Free)]
    public string? InitFrom { get; init; }

    /// <summary>Values that did not occur in this number of last runs, including this one, lose their rows; 0 = keep all.</summary>
    [Option("with --init-from: remove the rows of values that did not occur in the last N runs, including this one; 0 = keep all", Least = 0)]
    public int ForgetAfter { get; init; }

    /// <summary>Columns whose embeddings are initialized from files.</summary>
    [Option("initialize the embeddings of columns from files of vectors by id: Parquet with a column of ids and one of lists of numbers, or safetensors", Value = "COL=FILE,…", Form = OptionForm.ColumnRules)]
    public IReadOnlyList<string> InitEmbedding { get; init; } = [];

    /// <summary>The run whose model computes the personalized vector of each row; null = there is none, or it is a column.</summary>
    [Option("run of a click model, such as din, whose last hidden layer is the personalized vector of each item (prm); it becomes part of the new run", Value = "RUN", OnResume = OnResume.Free, ReadBy = "prm")]
    public string? PrmFrom { get; init; }

    /// <summary>When checkpoints are saved within an epoch.</summary>
    [Option("also save the last checkpoint every N steps or T seconds; 0 = after every epoch", Value = "N|Ts", OnResume = OnResume.Free)]
    public CheckpointCadence CheckpointEvery { get; init; } = CheckpointCadence.Never;

    /// <summary>Replaces the run in the folder.</summary>
    [Option("replace the run in --out", OnResume = OnResume.Momentary)]
    public bool Overwrite { get; init; }

    /// <summary>A message about options that contradict each other; null if none do.</summary>
    public string? Contradiction() =>
        Resume && Out is null ? "--resume needs --out, the folder of the run to continue"
        : Resume && Overwrite ? "--resume continues a run and --overwrite removes it; choose one"
        : ForgetAfter > 0 && InitFrom is null && !Resume ? "--forget-after needs --init-from, the run whose values may be forgotten; leave it out in the first run"
        : FeatureOptions.Pairs(InitEmbedding).Any(p => p.Value.Length == 0) ? $"--init-embedding {string.Join(',', InitEmbedding)}: expected COL=FILE"
        : FeatureOptions.Pairs(InitEmbedding).GroupBy(p => p.Column).FirstOrDefault(g => g.Count() > 1) is { } twice ? $"--init-embedding names {ColumnNames.InShell(twice.Key)} twice"
        : Valid.Count > 0 && (ValidLast is not null || ValidBy is not null) ? $"--valid names the rows to validate on, and {(ValidBy is null ? "--valid-last" : "--valid-by")} takes them from the training rows; choose one"
        : ValidLast is not null && ValidBy is not null ? "--valid-last and --valid-by both choose the validation rows; use one of them"
        : ValidLast is not null && ValidFraction != new TrainOptions().ValidFraction && !Resume ? FormattableString.Invariant($"--valid-last and --valid-fraction {ValidFraction} both choose the validation rows: use one of them; for a share of the last rows, use --valid-last COL:20%")
        : ValidBy is not null && ValidFraction == 0 ? "--valid-by uses a share --valid-fraction of the groups, which is 0"
        : Test.Count > 0 && TestLast is not null ? "--test names the rows to test on, and --test-last takes them from the training rows; choose one"
        : Monitor == "gauc" && Features.GroupId is null ? "--monitor gauc needs --group-id, the column that groups rows"
        : null;
}

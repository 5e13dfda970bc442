using GpuCtr.Engine.Data;
using GpuCtr.Engine.Training;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models;

namespace GpuCtr.Engine.Commands;

/// <summary>From the flags of <c>train</c> to what the parts of the engine take, all checked before anything is read.</summary>
internal static class TrainOptions
{
    /// <summary>The whole run.</summary>
    /// <exception cref="Failure">Usage: a value that cannot be, or values that do not go together.</exception>
    public static TrainSettings Of(FlagValues flags)
    {
        if (flags.Shards.Count == 0)
            throw Failure.BadUsage("no shards to train on; write them before the flags, since a flag that takes several values takes all up to the next flag");
        TrainSettings settings = new()
        {
            Shards = flags.Shards,
            Valid = flags.Paths("--valid"),
            ValidFraction = flags.Real("--valid-fraction", 0, 1),
            Test = flags.Paths("--test"),
            Features = Features(flags),
            ModelName = flags.IsGiven("--model") ? flags.Choice("--model", [.. ModelCatalog.Names]) : null,
            Epochs = flags.Whole("--epochs", 1, 1_000_000),
            BatchSize = flags.Whole("--batch-size", 1, 1 << 20),
            LearningRate = Schedule(flags),
            Monitor = flags.Choice("--monitor", "auc", "logloss", "gauc"),
            Patience = flags.Whole("--patience", 0),
            CheckpointEvery = CheckpointCadence.Parse(flags.Text("--checkpoint-every")),
            Memory = flags.Bytes("--memory"),
            Workers = DeviceFlags.DecodeThreads(flags),
        };
        // The model may depend on the columns, but a bad value should be said before any file is read.
        _ = Model(flags, settings.ModelName ?? "deepfm");
        if (settings.Monitor == "gauc" && settings.Features.GroupId is null)
            throw Failure.BadUsage("--monitor gauc needs --group-id, the column that groups rows");
        return settings;
    }

    private static FeatureOptions Features(FlagValues flags) => new()
    {
        Label = flags.IsGiven("--label") ? flags.Text("--label") : null,
        GroupId = flags.IsGiven("--group-id") ? flags.Text("--group-id") : null,
        Exclude = flags.List("--exclude"),
        Categorical = flags.List("--categorical"),
        Numeric = flags.List("--numeric"),
        NumericTransforms = flags.List("--numeric-transform"),
        HashBuckets = Buckets(flags),
        History = flags.List("--history"),
        MultiValue = flags.List("--multi-value"),
        ListSeparator = SeparatedText.Parse(flags.Text("--list-separator")),
        MaxHistory = flags.Whole("--max-history", 1, 1 << 16),
        MinCount = flags.Whole("--min-count", 1),
        Workers = DeviceFlags.DecodeThreads(flags),
        BadRows = BadRowBudget.Parse(flags.Text("--bad-rows")),
    };

    private static IReadOnlyList<string> Buckets(FlagValues flags)
    {
        IReadOnlyList<string> buckets = flags.List("--hash-buckets");
        string? bad = buckets.FirstOrDefault(b => b.LastIndexOf('=') is var at && (at <= 0 || !int.TryParse(b[(at + 1)..], out int n) || n < 1));
        return bad is null ? buckets : throw Failure.BadUsage($"--hash-buckets {bad}: expected column=N with N of at least 1");
    }

    private static LearningRateSchedule Schedule(FlagValues flags) => new(
        flags.Real("--lr"), flags.Whole("--lr-warmup", 0), flags.Real("--lr-plateau"), flags.Pairs("--lr-steps"));

    /// <summary>What a model computes: its own defaults, and what the flags say otherwise.</summary>
    public static ModelOptions Model(FlagValues flags, string name)
    {
        EmbeddingUpdate update = flags.Choice("--embedding-update", "lazy", "dense") == "lazy" ? EmbeddingUpdate.Lazy : EmbeddingUpdate.Dense;
        bool full = flags.Choice("--embedding-l2-scope", "touched", "full") == "full";
        if (full && update != EmbeddingUpdate.Dense)
            throw Failure.BadUsage("--embedding-l2-scope full needs --embedding-update dense: rows that are not in the batch would have a gradient");
        ModelOptions own = ModelCatalog.Defaults(name);
        return own with
        {
            EmbeddingDim = flags.Whole("--embedding-dim", 1, 4096),
            EmbeddingInitStd = flags.IsGiven("--embedding-init-std") ? flags.Real("--embedding-init-std") : own.EmbeddingInitStd,
            HiddenUnits = flags.IsGiven("--hidden-units") ? flags.Wholes("--hidden-units", 1, 1 << 16) : own.HiddenUnits,
            Activation = flags.IsGiven("--activation") ? Word<Activations>(flags, "--activation") : own.Activation,
            AttentionUnits = flags.Wholes("--attention-units", 1, 1 << 16),
            AttentionActivation = Word<Activations>(flags, "--attention-activation"),
            AttentionNormalization = Word<AttentionNormalization>(flags, "--attention-normalization"),
            Dropout = flags.Real("--dropout", 0, 1),
            BatchNorm = flags.IsOn("--batch-norm"),
            Pooling = Word<PoolingKind>(flags, "--pooling"),
            FmNumeric = flags.Choice("--fm-numeric", "on", "off") == "on",
            Optimizer = Word<OptimizerKind>(flags, "--optimizer"),
            EmbeddingUpdate = update,
            L2 = flags.Real("--l2"),
            EmbeddingL2 = flags.Real("--embedding-l2"),
            EmbeddingL2Full = full,
            MbaLambda = flags.Real("--mba-lambda"),
            ClipNorm = flags.Real("--clip-norm"),
            Seed = (ulong)flags.Whole("--seed", 0),
        };
    }

    private static T Word<T>(FlagValues flags, string name) where T : struct, Enum =>
        Enum.Parse<T>(flags.Choice(name, [.. Enum.GetNames<T>().Select(n => n.ToLowerInvariant())]), ignoreCase: true);
}

using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models;
using GpuCtr.Training.Reports;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training;

/// <summary>Some rows of some shards.</summary>
/// <param name="Data">The shards, encoded.</param>
/// <param name="Part">Which of their rows.</param>
internal sealed record RowSource(Dataset Data, RowPart Part)
{
    /// <summary>Rows, including bad rows and rows of weight 0 unless they have been counted.</summary>
    public long Rows { get; init; } = Data.CountRows(Part);
}

/// <summary>The rows of a run, ready to be read.</summary>
/// <param name="Encoder">Maps values to row numbers and numbers; fitted to the training rows only.</param>
/// <param name="Train">Training rows.</param>
/// <param name="Valid">Validation rows, if any.</param>
/// <param name="Test">Test rows, if any.</param>
internal sealed record RunData(FeatureEncoder Encoder, RowSource Train, RowSource? Valid, RowSource? Test)
{
    /// <summary>How often each table row occurs in the training rows, for mini-batch aware regularization.</summary>
    public IReadOnlyList<long> RowCounts => [.. Encoder.Vocabularies.SelectMany(v => v.Counts)];

    /// <summary>Whether all rows are kept in memory, so that another run can read them.</summary>
    public bool InMemory => new[] { Train, Valid, Test }.OfType<RowSource>().All(r => r.Data.InMemory);

    /// <summary>These rows as if they had no values in some columns.</summary>
    public RunData Without(ColumnGroup group)
    {
        RowSource? Of(RowSource? rows) => rows is null ? null : rows with { Part = rows.Part with { Without = group } };
        return this with { Train = Of(Train)!, Valid = Of(Valid), Test = Of(Test) };
    }

    /// <summary>Equal for runs with equal encodings.</summary>
    public static string FitKey(RunShards shards, TrainSettings settings) =>
        Data.Features.FitCache.Key(shards.Train, shards.Plan, TrainPart(shards, settings), ModelCatalog.ReadsNegatives(settings.For(shards.ModelName).Model));

    /// <summary>Equal for runs that read equal rows in equal forms. Validation and test shards are known by path and footer: their content is read only to be evaluated.</summary>
    public static string RowsKey(RunShards shards, TrainSettings settings) =>
        string.Join(' ', [FitKey(shards, settings), $"lists of {settings.ListRows}", .. new[] { shards.Valid, shards.Test }.Select(set => set is null ? "none" : string.Join(' ', set.Shards.Select(s => $"{s.Path} {s.Identity(contentKey: "")}")))]);

    /// <summary>
    /// Fits the encoding to the training rows, or loads it from the fit cache: <paramref name="known"/> is told the place,
    /// <paramref name="progress"/> the number of rows done. After a warm start, the rows add to the known encoding.
    /// </summary>
    /// <exception cref="GpuCtrException">Data: bad labels or numbers, columns that differ. Usage: other fields than those of the warm start.</exception>
    public static FeatureEncoder Fit(RunShards shards, TrainSettings settings, WarmStart? warm, Action<string> known, Action<long> progress, CancellationToken cancellation)
    {
        FeatureEncoder fresh = FitCache.Fit(settings.FitCache, shards.Train, shards.Plan, TrainPart(shards, settings), known, progress, cancellation, ModelCatalog.ReadsNegatives(settings.For(shards.ModelName).Model));
        if (settings.Options.PrmFrom is { } run)
            fresh = fresh.With(TrainedVectors.Of(run));
        return warm is null ? fresh : warm.Grow(fresh);
    }

    /// <summary>The rows of a run whose encoding is known. Rows that do not fit into memory are streamed from files in <paramref name="cacheFolder"/>.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="settings">How they are read.</param>
    /// <param name="encoder">Maps values to row numbers and numbers.</param>
    /// <param name="held">Other memory of the process, as a function of the number of rows evaluated at once.</param>
    /// <param name="cacheFolder">For encoded rows.</param>
    /// <exception cref="GpuCtrException">Data: columns that differ. Usage: too little memory.</exception>
    public static RunData Open(RunShards shards, TrainSettings settings, FeatureEncoder encoder, HeldMemory held, string cacheFolder)
    {
        RowPart trainPart = TrainPart(shards, settings);
        (long trainBytes, long otherBytes) = Divide(shards, settings, encoder, held);
        DatasetOptions options = new() { MemoryBytes = trainBytes, ListRows = settings.ListRows, Workers = settings.Workers, BadRows = settings.Features.BadRows };
        DatasetOptions others = options with { MemoryBytes = otherBytes };
        // Rows that are read only once are not cached.
        string? Cache(string name, bool again) => again ? Path.Combine(cacheFolder, name) : null;
        Dataset train = new(shards.Train, encoder, options with { Training = true, CachePath = Cache("train", settings.Epochs > 1 || trainPart != RowPart.All) });
        bool leavesOneOut = trainPart.Sequences == SequencePart.Train;
        RowSource? valid = leavesOneOut && shards.Valid is null ? new RowSource(train, RowPart.All with { Sequences = SequencePart.Valid })
            : shards.Valid is null ? trainPart.Split is not { } split || split.Rows(RowSide.Valid) == 0 ? null : new RowSource(train, trainPart with { Side = RowSide.Valid, Negatives = null })
            : new RowSource(new Dataset(shards.Valid, encoder, others with { CachePath = Cache("valid", settings.Epochs > 1) }), RowPart.All);
        RowSource? test = shards.Test is null ? leavesOneOut ? new RowSource(train, RowPart.All with { Sequences = SequencePart.Test })
            : shards.Sides?.Rows(RowSide.Test) > 0 ? new RowSource(train, trainPart with { Side = RowSide.Test, Negatives = null }) : null : new RowSource(new Dataset(shards.Test, encoder, others), RowPart.All);
        return new RunData(encoder, TrainRows(train, trainPart), valid, test);
    }

    /// <summary>If some rows do not count, the fit knows how many are left.</summary>
    private static RowSource TrainRows(Dataset train, RowPart part) =>
        part.Negatives is null && !train.HasWeights ? new(train, part) : new(train, part) { Rows = train.Encoder.TrainRows };

    /// <summary>Approximate number of rows that are evaluated at once.</summary>
    public static long EvaluatedRows(RunShards shards, TrainSettings settings) =>
        Math.Max(shards.Valid?.Rows ?? shards.Sides?.Rows(RowSide.Valid) ?? (long)Math.Ceiling(settings.Options.ValidFraction * shards.Train.Rows), shards.Test?.Rows ?? shards.Sides?.Rows(RowSide.Test) ?? 0);

    /// <summary>Validation and test rows are read in order, once per epoch; a quarter of the memory for each keeps the shuffle window of the training rows large.</summary>
    private static (long Train, long Other) Divide(RunShards shards, TrainSettings settings, FeatureEncoder encoder, HeldMemory held)
    {
        const int parts = 4;
        ShardSet[] others = [.. new[] { shards.Valid, shards.Test }.OfType<ShardSet>()];
        foreach (ShardSet set in others.Prepend(shards.Train))
            encoder.Check(set, training: set == shards.Train);
        long train = new BlockSizes(shards.Train, encoder, training: true).Least * parts / (parts - others.Length);
        long least = Math.Max(train, others.Select(o => new BlockSizes(o, encoder).Least * parts).DefaultIfEmpty(0).Max());
        long rows = settings.Memory.RowBytes(held, least + parts);
        // Without a limit, the training rows may take all of the memory for rows.
        return (settings.Memory.LimitBytes is null ? rows : rows - rows / parts * others.Length, rows / parts);
    }

    /// <summary>Removes the files from which rows were streamed.</summary>
    public void DropCache()
    {
        Train.Data.DropCache();
        Valid?.Data.DropCache();
    }

    /// <summary>Bytes that the lists of the shards take, if the model ranks lists; a pass over one column finds them.</summary>
    /// <exception cref="GpuCtrException">Data: a list is in pieces.</exception>
    public static long ListBytes(RunShards shards) => ModelCatalog.RanksLists(shards.ModelName)
        ? new[] { shards.Train, shards.Valid, shards.Test }.OfType<ShardSet>().Sum(set => set.Lists(shards.Plan.GroupKey!.Name).Bytes) : 0;

    private static RowPart TrainPart(RunShards shards, TrainSettings settings) => TrainSide(shards, settings) with
    {
        Negatives = settings.Model.NegativeSampling < 1 ? new NegativeDraw(settings.Model.NegativeSampling, settings.Model.Seed) : null,
    };

    private static RowPart TrainSide(RunShards shards, TrainSettings settings) =>
        settings.PredictsItems && settings.Options.LeaveOneOut ? RowPart.All with { Sequences = SequencePart.Train }
        : shards.Sides is { } sides ? new RowPart(sides, RowSide.Train)
        : shards.Valid is not null || settings.Options.ValidFraction == 0 ? RowPart.All
        : new RowPart(Split(shards.Train, ModelCatalog.RanksLists(shards.ModelName) ? shards.Plan.GroupKey!.Name : null, settings.Options.ValidFraction), RowSide.Train);

    /// <summary>A share of the rows, or of the lists.</summary>
    /// <param name="shards">Their shards.</param>
    /// <param name="listColumn">The column that groups rows into lists; null: rows are independent.</param>
    /// <param name="fraction">How many validate.</param>
    public static RowSplit Split(ShardSet shards, string? listColumn, double fraction) =>
        listColumn is null ? RowSplit.ByHash(fraction) : RowSplit.ByList(shards.Lists(listColumn), fraction);
}

using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using GpuCtr.Data.Splits;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>The shards of a run, of which only the footers have been read.</summary>
/// <param name="Train">Training shards.</param>
/// <param name="Valid">Validation shards; null = a share of the training rows, or none.</param>
/// <param name="Test">Test shards, if any.</param>
/// <param name="Plan">The role of every column.</param>
/// <param name="ModelName">The architecture.</param>
/// <param name="Unused">Histories, or negatives of them, that this model does not read.</param>
internal sealed record RunShards(ShardSet Train, ShardSet? Valid, ShardSet? Test, FeaturePlan Plan, string ModelName, IReadOnlyList<string> Unused) : IDisposable
{
    private GroupedLogs? grouped;
    private ShardStores? stores;

    /// <summary>The split of the training rows by columns; null if there is none.</summary>
    public SideTable? Sides { get; private init; }

    /// <summary>Columns that order rows and are not features.</summary>
    private IReadOnlyList<string> Order { get; init; } = [];

    /// <summary>The files that the user named: those that are read, unless their rows were grouped.</summary>
    public (ShardSet Train, ShardSet? Valid, ShardSet? Test) Files { get; private init; } = (Train, Valid, Test);

    /// <summary>Finds the files and decides the role of every column.</summary>
    /// <exception cref="GpuCtrException">Usage, Data or InputOutput.</exception>
    public static RunShards Open(TrainSettings settings, CancellationToken stop)
    {
        ShardStores stores = new(settings.Options.Stores, stop);
        try
        {
            return Open(settings, stores) with { stores = stores };
        }
        catch
        {
            stores.Dispose();
            throw;
        }
    }

    private static RunShards Open(TrainSettings settings, ShardStores stores)
    {
        TrainOptions options = settings.Options;
        IReadOnlyDictionary<RowSide, FoundShards> sides = ShardPaths.Sides(options.Shards, stores);
        ShardSet? Named(RowSide side) => sides[side].Shards.Count > 0 ? ShardSet.Of(sides[side], settings.Workers) : null;
        ShardSet train = Named(RowSide.Train)!;
        ShardSet? valid = options.Valid.Count > 0 ? ShardSet.Resolve(options.Valid, stores, settings.Workers) : options.ValidLast is null && options.ValidBy is null ? Named(RowSide.Valid) : null;
        ShardSet? test = options.Test.Count > 0 ? ShardSet.Resolve(options.Test, stores, settings.Workers) : options.TestLast is null ? Named(RowSide.Test) : null;
        if (settings.PredictsItems && InteractionColumns.Of(train, settings.Features) is { } columns)
            return Grouped(settings, columns, (train, valid, test));
        IReadOnlyList<string> order = RunSplit.NoFeatures(train, settings);
        FeatureOptions features = settings.Features with { Exclude = [.. settings.Features.Exclude, .. order] };
        FeaturePlan plan = settings.PredictsItems ? FeaturePlan.OfSequences(train, features) : FeaturePlan.Infer(train, features);
        string model = settings.Options.ModelName ?? Variants.DefaultModel(settings.Options.Variant, plan.HasHistory);
        // A history that the model does not read must not update table rows.
        string[] unused = [
            .. plan.Of(FeatureRole.History).Where(_ => !ModelCatalog.ReadsHistories(model)).Select(c => c.Name),
            .. plan.Of(FeatureRole.Negative).Where(_ => !ModelCatalog.ReadsNegatives(settings.For(model).Model)).Select(c => c.Name)];
        if (unused.Length > 0)
            plan = FeaturePlan.Infer(train, features with { Exclude = [.. features.Exclude, .. unused] });
        if (ModelCatalog.RanksLists(model) && plan.GroupKey is null)
            throw GpuCtrException.UsageError($"--model {model} ranks lists: name the column with the id of the list or request with --group-id");
        if (ModelCatalog.Of(model).NeedsHistory && !plan.HasHistory)
            throw GpuCtrException.UsageError($"--model {model} attends to the history of a row, and these rows have no history (a list column named hist_item beside a column item, or a column named with --history); without one, use --model {ModelCatalog.Default(histories: false).Name}");
        if (ModelCatalog.RanksLists(model) && settings.Features.Weight is not null)
            throw GpuCtrException.UsageError($"--weight {settings.Features.Weight}: {model} ranks whole lists, and its rows have no weights; leave it out, or choose a pointwise model such as deepfm");
        if (plan.MissingNegatives() is { } missing)
            throw GpuCtrException.UsageError(missing);
        // Checked before the pass over the training rows, which may take long.
        foreach (ShardSet other in new[] { valid, test }.OfType<ShardSet>())
            other.Check(plan.Requests, "the run trains");
        return new RunShards(train, valid, test, plan, model, unused) { Order = order, Sides = RunSplit.Of(train, valid is not null, model, settings) };
    }

    /// <summary>Logs of interactions are grouped into one row per user when they are read; after that they are ordinary sequences.</summary>
    private static RunShards Grouped(TrainSettings settings, InteractionColumns columns, (ShardSet Train, ShardSet? Valid, ShardSet? Test) files)
    {
        GroupedLogs logs = new(columns, settings.Memory.FitBytes);
        try
        {
            ShardSet train = logs.Of(files.Train);
            ShardSet? valid = files.Valid is null ? null : logs.Of(files.Valid), test = files.Test is null ? null : logs.Of(files.Test);
            FeaturePlan plan = FeaturePlan.OfSequences(train, columns.Over(settings.Features));
            foreach (ShardSet other in new[] { valid, test }.OfType<ShardSet>())
                other.Check(plan.Requests, "the run trains");
            return new RunShards(train, valid, test, plan, settings.Model.Model, []) { Files = files, grouped = logs };
        }
        catch
        {
            logs.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        grouped?.Dispose();
        stores?.Dispose();
    }

    /// <summary>Name, type, role and reason of the role, for every column.</summary>
    public IEnumerable<(string Name, string Type, string Role, string Note)> Columns() => Plan.Table().Select(c => Unused.Contains(c.Name)
        ? c with { Role = "unused", Note = $"{ModelName} does not read it" }
        : Order.Contains(c.Name) ? c with { Note = "puts rows in order; --categorical makes it a feature" }
        : c);
}

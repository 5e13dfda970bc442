using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>The split of the training rows by columns.</summary>
internal static class RunSplit
{
    private const string ValidLast = "--valid-last", ValidBy = "--valid-by", TestLast = "--test-last";

    /// <summary>Columns that order rows and are not features: their values do not recur in validation rows. Hour and weekday of a time do.</summary>
    public static IReadOnlyList<string> NoFeatures(ShardSet train, TrainSettings settings)
    {
        FeatureOptions features = settings.Features;
        return [.. new[] { settings.Options.ValidLast, settings.Options.TestLast }.OfType<LastRows>().Select(l => l.Column).Distinct()
            .Where(c => train.Column(c) is { Kind: not ValueKind.Time } && c != features.GroupId && c != features.Label
                && !features.Categorical.Concat(features.Numeric).Concat(features.Exclude).Contains(c))];
    }

    /// <summary>The sides of the rows; null if no column decides. Reads the columns that do.</summary>
    /// <param name="train">The training shards.</param>
    /// <param name="validates">Whether other shards validate.</param>
    /// <param name="model">The architecture.</param>
    /// <param name="settings">The options.</param>
    /// <exception cref="GpuCtrException">Usage: no such column, no order in it, a model of lists. Data: a side without rows, a text that is not a date.</exception>
    public static SideTable? Of(ShardSet train, bool validates, string model, TrainSettings settings)
    {
        TrainOptions options = settings.Options;
        string? flag = options.ValidLast is not null ? ValidLast : options.ValidBy is not null ? ValidBy : options.TestLast is not null ? TestLast : null;
        if (flag is null)
            return null;
        if (ModelCatalog.RanksLists(model))
            throw GpuCtrException.UsageError($"{flag} may split lists, and {model} ranks whole lists: leave it out, so that a share of the lists is used for validation, or name shards with --valid and --test");
        SideTable sides = new(train, settings.Workers);
        if (options.TestLast is { } test)
            sides.TakeLast(RowSide.Test, test, TestLast);
        if (options.ValidLast is { } last)
            sides.TakeLast(RowSide.Valid, last, ValidLast);
        else if (options.ValidBy is { } groups)
            sides.TakeGroups(RowSide.Valid, groups, options.ValidFraction, ValidBy);
        else if (!validates && options.ValidFraction > 0)
            sides.Take(RowSide.Valid, RowSplit.ByHash(options.ValidFraction));
        return sides;
    }

    /// <summary>A warning if rows have a time and validation rows are chosen by a hash; null otherwise.</summary>
    public static string? Warning(RunShards shards, RunData data)
    {
        if (data.Valid?.Data != data.Train.Data || data.Train.Part.Split is null or SideTable)
            return null;
        return shards.Train.Columns.FirstOrDefault(c => c is { IsList: false, Kind: ValueKind.Time }) is not { } time ? null
            : $"rows have a time ({time.Name}), but validation rows are chosen by a hash, so they are from the same hours as training rows: their AUC may be too optimistic for later rows; --valid-last {ColumnNames.InShell(time.Name)}:10% validates on the last tenth";
    }
}

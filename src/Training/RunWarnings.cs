using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>Warnings about what looks like a mistake of the user but does not end the run.</summary>
internal static class RunWarnings
{
    // A column identifies rows if nine of ten rows have a unique value; with too few rows this proves nothing.
    private const double NearlyUnique = 0.9;
    private const long EnoughRows = 1000;

    /// <summary>Before training.</summary>
    public static void BeforeTraining(RunLog runLog, RunShards shards, RunData data)
    {
        foreach ((string name, ShardSet? set) in new[] { ("valid", shards.Valid), ("test", shards.Test) })
        {
            foreach ((string path, string other) in set?.SharedWith(shards.Train) ?? [])
                runLog.Warn($"{name} shard {path} is also a training shard ({other}): its metrics say nothing about new rows");
        }

        FeatureEncoder encoder = data.Encoder;
        foreach (NumericColumn column in encoder.State.Numeric.Where(n => n.Outlier is not null))
            runLog.Warn(AboutOutlier(column, column.Outlier!, shards.Train));
        string[] ids = [.. encoder.State.Numeric.Where(n => n.LooksLikeIds).Select(n => n.Column)];
        if (ids.Length > 0)
            runLog.Warn($"{string.Join(", ", ids)}: doubles that are all whole numbers, used as numbers; if they are ids that became doubles because of nulls, add --categorical {string.Join(',', ids.Select(ColumnNames.InShell))}; if not, --numeric {string.Join(',', ids.Select(ColumnNames.InShell))} says so");
        foreach (VocabularyTable table in encoder.Vocabularies)
        {
            if (encoder.Label is not null && encoder.TrainRows >= EnoughRows && table.Distinct > NearlyUnique * encoder.TrainRows)
                runLog.Warn(Invariant($"column {table.Name} has {table.Distinct:N0} values in {encoder.TrainRows:N0} rows: it identifies rows, and the model will memorize it; consider --exclude {ColumnNames.InShell(table.Name)} or --min-count 2"));
        }
        if (RunSplit.Warning(shards, data) is { } divided)
            runLog.Warn(divided);
        foreach (string warning in HistoryCoverage.Warnings(shards.Train, shards.Plan).Concat(UndeclaredLists.Warnings(shards.Train, shards.Plan)))
            runLog.Warn(warning);
    }

    private static string AboutOutlier(NumericColumn column, NumericOutlier outlier, ShardSet shards)
    {
        string name = ColumnNames.InShell(column.Column), place = $"column {column.Column}: {NumericTransforms.Text(outlier.Value)} ({shards.Shards[outlier.Shard].Path}, row {outlier.Row})";
        if (column.Transform == NumericTransform.None)
            return $"{place} is not transformed, and numbers of this size may overflow in a model; use --numeric-transform {name}=standardize or {name}=log";
        string transforms = column.Transform == NumericTransform.Log ? $"{name}=quantile" : $"{name}=log or {name}=quantile";
        return Invariant($"{place} is so far from the other numbers that, standardized, nearly all of these lie within {outlier.Spread:G1} of each other; store it as null if it means a missing value, else correct it or use --numeric-transform {transforms}");
    }

    /// <summary>After training.</summary>
    public static void AfterTraining(RunLog runLog, Trainer trainer, int epochs)
    {
        if (epochs > 1 && trainer.Monitored.BestEpoch == 1)
            runLog.Warn("the first epoch was the best: the model overfits from the second on; train one epoch, or raise --embedding-l2, --dropout or --min-count");
        if (trainer.SkippedSteps > 0)
            runLog.Warn($"{trainer.SkippedSteps} step(s) were skipped because loss or gradient was not finite");
    }

    /// <summary>OOV rates, and rows left out.</summary>
    public static void AboutRows(RunLog runLog, string name, Dataset data)
    {
        DatasetStatistics seen = data.Statistics;
        string[] oov = [.. seen.OovValues().Where(u => u.Oov > 0).Select(u => Invariant($"{u.Field} {100.0 * u.Oov / u.Values:F2} %"))];
        if (oov.Length > 0)
            runLog.Line($"{name}: OOV values (not in the training rows, or rarer than --min-count): {string.Join(", ", oov)}");
        AboutUntrainedOovRows(runLog, data);
        string[] nulls = [.. seen.NewNulls().Select(n => Invariant($"{n.Column} {n.Nulls:N0}"))];
        if (nulls.Length > 0)
            runLog.Warn($"{name}: nulls in columns without nulls in training, so the model has not learned from them: {string.Join(", ", nulls)}");
        AboutReading(runLog, name, data);
    }

    /// <summary>OOV rows that are looked up here, although no training row reached them.</summary>
    private static void AboutUntrainedOovRows(RunLog runLog, Dataset data)
    {
        IReadOnlyList<VocabularyTable> vocabularies = data.Encoder.Vocabularies;
        VocabularyTable[] untrained = [.. data.Statistics.OovValues().Where(u => u.Oov > 0).Select(u => vocabularies[u.Vocabulary]).Where(v => v.Counts[v.OovRow] == 0).Distinct()];
        if (untrained.Length == 0)
            return;
        string advice = untrained.All(v => v.Computed.Any) ? "raise the N of --identity" : "train with --min-count 2 or more, so that rare values train it";
        runLog.WarnOnce("OOV rows", $"{ColumnNames.Listing(untrained.Select(v => v.Name))}: no training row uses the OOV row, which is used for rare and new values, so it still has its initial vector; {advice}");
    }

    /// <summary>Warns about skipped bad rows and truncated lists.</summary>
    public static void AboutReading(RunLog runLog, string name, Dataset data)
    {
        DatasetStatistics seen = data.Statistics;
        string[] cut = [.. seen.CutLists().Where(c => c.Rows > 0).Select(c => Invariant($"{c.Field} in {c.Rows:N0} of {seen.Rows:N0} rows ({(double)c.Rows / seen.Rows:P2}), {c.Values:N0} entries left out"))];
        if (cut.Length > 0)
            runLog.Line($"{name}: lists with more than --max-history {data.Encoder.Spec.Sequences[0].MaxLength} entries (only the last are read): {string.Join("; ", cut)}");
        if (data.CacheTrouble is { } trouble)
            runLog.Warn($"{name}: the cache of encoded rows: {trouble}; rows that are not in it are decoded again in every epoch");
        foreach ((int column, long values, RowGroupRef group, BoundedNumbers first) in seen.BoundedNumbers)
        {
            runLog.Warn(Invariant($"{name}: {values:N0} value(s) of {data.Encoder.State.Numeric[column].Column} lie {NumericColumn.MostDeviations:N0} deviations or more from the training mean and are clamped to that, the first {NumericTransforms.Text(first.Value)} ({data.Shards.Shards[group.Shard].Path}, row {group.FirstRow + first.Row})"));
        }

        if (seen.BadRows > 0)
            runLog.Warn($"{name}: {seen.BadRows} bad row(s) skipped: {string.Join(", ", seen.BadRowsByReason.Select(r => $"{r.Value} × {r.Key}"))}");
    }
}

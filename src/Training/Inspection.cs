using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Options;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training;

/// <summary>Inspects shards before training.</summary>
internal static class Inspection
{
    /// <summary>Reads all columns of all shards once.</summary>
    /// <exception cref="GpuCtrException">Any failure; Interrupted: it was stopped.</exception>
    public static InspectResult Run(InspectOptions options, RunLog runLog, CancellationToken stop)
    {
        OptionCheck.Check(options);
        if (options.Features.Contradiction() is { } fault)
            throw GpuCtrException.UsageError(fault);
        FeatureOptions features = options.Features with { Workers = DeviceOptions.DecodersOf(options.Threads) };
        using ShardStores stores = new(options.Stores, stop);
        ShardSet shards = ShardSet.Resolve(options.Shards, stores, features.Workers, verify: !options.WriteManifest);
        if (options.WriteManifest)
            ShardManifest.CheckNames(shards);
        foreach (string note in shards.Notes)
            runLog.Line(note);
        try
        {
            ShardInspection found = Inspect(shards, features, runLog, stop);
            string[] unreadable = [.. found.Columns.Where(c => c.Trouble is not null && !features.Exclude.Contains(c.Name)).Select(c => c.Name)];
            return new(found, unreadable, options.WriteManifest && unreadable.Length == 0 ? [.. ShardManifest.Write(shards, features.Workers)] : []);
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            throw new GpuCtrException(ErrorKind.Interrupted, "interrupted", e);
        }
    }

    /// <summary>The plan, or null: shards without a label are inspected too, and so are the columns beside an unreadable one.</summary>
    private static FeaturePlan? PlanOf(ShardSet shards, FeatureOptions options, RunLog runLog)
    {
        while (true)
        {
            try
            {
                return FeaturePlan.Infer(shards, options, lookOnly: true);
            }
            catch (GpuCtrException e) when (e is { Kind: ErrorKind.Data, Place.Column: { } column } && !options.Exclude.Contains(column))
            {
                options = options with { Exclude = [.. options.Exclude, column] };
            }
            catch (GpuCtrException) when (options.Label is null && InteractionColumns.Of(shards, options) is { } log)
            {
                runLog.Line($"a log of '{log.User}', '{log.Item}' and '{log.Timestamp}': sasrec and bert4rec read it as one sequence for each {log.User}");
                return null;
            }
            catch (GpuCtrException e) when (options.Label is null)
            {
                runLog.Warn($"no roles: {e.Message}");
                return null;
            }
        }
    }

    private static ShardInspection Inspect(ShardSet shards, FeatureOptions options, RunLog runLog, CancellationToken cancellation)
    {
        FeaturePlan? plan = PlanOf(shards, options, runLog);
        using ProgressMeter meter = new(runLog, "rows", shards.Rows);
        ShardInspection found = ShardInspection.Of(shards, plan, options.Workers, options, done => { if (meter.IsDue) meter.Show(done); }, cancellation);
        meter.ShowEnd();
        return found;
    }
}

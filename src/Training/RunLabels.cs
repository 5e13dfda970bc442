using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>The label counts of every side of a run that has labels of 0 and 1, known before its first step.</summary>
internal sealed class RunLabels
{
    private static readonly double[] fractions = [0.1, 0.2, 0.3, 0.4, 0.5];

    private readonly RunData data;
    private readonly TrainSettings settings;
    private readonly CancellationToken cancellation;
    private readonly LabelCounts train;
    private readonly LabelCounts? valid, test;

    private RunLabels(RunData data, TrainSettings settings, CancellationToken cancellation)
    {
        (this.data, this.settings, this.cancellation) = (data, settings, cancellation);
        if (IsSplit)
            (train, valid) = BothSides(data.Train.Part.Split!);
        else
            (train, valid) = (data.Encoder.Labels, data.Valid is null ? null : Count(data.Valid.Data.Shards, [data.Valid.Part])[0]);
        test = data.Test is null ? null : Count(data.Test.Data.Shards, [data.Test.Part])[0];
    }

    /// <summary>Whether the validation rows are a share of the rows of the training shards.</summary>
    private bool IsSplit => data.Valid?.Data == data.Train.Data;

    /// <summary>Reads the labels of validation and test rows, which the fit pass did not read.</summary>
    /// <exception cref="GpuCtrException">Data: bad labels, broken pages.</exception>
    public static RunLabels Of(RunData data, TrainSettings settings, CancellationToken cancellation) => new(data, settings, cancellation);

    /// <summary>Warns about a side that lacks a label, with the consequence and the flag to use.</summary>
    /// <param name="runLog">Where warnings go.</param>
    /// <param name="monitor">The metric that was asked for.</param>
    public void Warn(RunLog runLog, string monitor)
    {
        if (!train.HasBoth)
            runLog.Warn($"train: {train.OneSided()}{Other("valid", valid)}: there is nothing to learn; {Advice()}");
        if (valid is { Rows: 0 })
            runLog.Warn($"valid: no rows, so the last epoch is taken as the best and --patience has no effect; {Advice()}");
        else if (valid is { HasBoth: false } one)
            runLog.Warn($"valid: {one.OneSided()}{Other("train", train)}: AUC is not defined{(monitor == "logloss" ? "" : ", so logloss decides which epoch is best and when to stop")}; {Advice()}");
        if (test is { HasBoth: false } tested)
            runLog.Warn($"test: {tested.OneSided()}: AUC is not defined");
    }

    private static string Other(string name, LabelCounts? other) => other is { } o ? Invariant($" ({name}: {o.Positives:N0} of {o.Rows:N0} have label 1)") : "";

    /// <summary>A validation fraction with which both sides have both labels, if there is one.</summary>
    private string Advice()
    {
        foreach (double fraction in IsSplit && data.Train.Part.Split is not SideTable ? fractions : [])
        {
            (LabelCounts first, LabelCounts second) = BothSides(RunData.Split(data.Train.Data.Shards, settings.ListRows > 0 ? data.Encoder.GroupKey : null, fraction));
            if (first.HasBoth && second.HasBoth)
                return Invariant($"write --valid-fraction {fraction} (label 1: {first.Positives:N0} rows to train on, {second.Positives:N0} to validate on), or name shards with both labels by --valid");
        }

        return train.HasBoth ? "name shards with both labels by --valid" : "add shards with the other label";
    }

    private (LabelCounts Train, LabelCounts Valid) BothSides(RowSplit split)
    {
        LabelCounts[] sides = Count(data.Train.Data.Shards, [data.Train.Part with { Split = split }, new RowPart(split, RowSide.Valid)]);
        return (sides[0], sides[1]);
    }

    private LabelCounts[] Count(ShardSet shards, RowPart[] parts) => LabelCounts.Of(
        shards, data.Encoder.Label!, data.Encoder.Target, settings.Features.BadRows, shards.DecodeThreads(settings.Features.MemoryBytes, settings.Workers), parts, cancellation);
}

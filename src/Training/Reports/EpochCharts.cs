using System.Globalization;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Reports.Charts;

namespace GpuCtr.Training.Reports;

/// <summary>How training went: charts of steps and epochs, and a table of the epochs.</summary>
internal static class EpochCharts
{
    private const int Smoothing = 15;

    private static readonly (string Name, Func<EpochMetrics, double?> Of)[] metrics =
    [
        ("train loss", e => e.TrainLogloss), ("auxiliary loss", e => e.TrainAuxiliaryLoss), ("valid logloss", e => e.ValidLogloss), ("valid AUC", e => e.ValidAuc), ("valid gAUC", e => e.ValidGauc),
        ("valid HR@10", e => e.ValidHr10), ("valid NDCG", e => e.ValidNdcg), ("valid MRR", e => e.ValidMrr), (Metrics.Calibration.Name, e => e.ValidCalibration),
    ];

    /// <summary>Explains the sawtooth shape of the training loss, where it may appear.</summary>
    private const string Sawtooth =
        "Training loss is measured on each batch before the model learns from it. It often drops at the start of a new epoch, since from then on all rows have been seen before. "
        + "If it falls from epoch to epoch while the validation loss rises, the model remembers rows rather than learning from them.";

    /// <summary>Adds the section.</summary>
    public static void Add(HtmlPage page, IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StepSample> steps)
    {
        page.Headline("Training").Beside(Charts(epochs, steps));
        if (steps.Count > 0 && steps[^1].Epoch > 1)
            page.Note(Sawtooth);
        if (epochs.Count > 0)
            page.Append(Table(epochs));
    }

    /// <summary>The best epoch with its step, how fast it went, and how long it took.</summary>
    public static IEnumerable<(string, string?)> Tiles(IReadOnlyList<EpochMetrics> epochs)
    {
        if (epochs.Count == 0)
            return [];
        string At(EpochMetrics? e) => e is null ? "–" : $"{e.Epoch} <small>(step {ReportPage.Whole(e.Step)})</small>";
        return
        [
            ("best epoch", At(epochs.LastOrDefault(e => e.Best))), ("last epoch", At(epochs[^1])),
            ("rows/s", ReportPage.Whole((long)epochs.Average(e => e.RowsPerSecond))), ("training steps", $"{ReportPage.Whole((long)epochs.Sum(e => e.TrainSeconds))} s"),
        ];
    }

    private static string Table(IReadOnlyList<EpochMetrics> epochs)
    {
        var shown = metrics.Where(m => epochs.Any(e => m.Of(e) is not null)).ToArray();
        string[] heads = epochs.Any(e => e.Exchanged is not null) ? RankTraffic.Heads : [];
        string[] Exchanged(EpochMetrics e) => heads.Length == 0 ? [] : e.Exchanged?.Cells(e.TrainSeconds) ?? [.. heads.Select(_ => "–")];
        return HtmlPage.Table(
            ["epoch", "steps", .. shown.Select(m => m.Name), "seconds", .. heads, ""],
            epochs.Select(e => (string[])
            [
                $"{e.Epoch}", ReportPage.Whole(e.Step), .. shown.Select(m => EpochTable.Number(m.Of(e))), e.TrainSeconds.ToString("F1", CultureInfo.InvariantCulture), .. Exchanged(e), e.Best ? "best so far" : "",
            ]));
    }

    private static IEnumerable<Plot> Charts(IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StepSample> steps)
    {
        yield return new Plot("Loss", "step", "logloss") { Whole = true, Robust = true }
            .Noisy("train, while training", [.. steps.Select(s => ((double)s.Step, s.Loss))], Smoothing)
            .Line("valid", epochs.Select(e => ((double)e.Step, e.ValidLogloss)));
        bool items = epochs.Any(e => e.ValidHr10 is not null);
        yield return items
            ? ByEpoch("Next item by epoch", "at 10", epochs, ("HR", e => e.ValidHr10), ("NDCG", e => e.ValidNdcg), ("MRR", e => e.ValidMrr))
            : ByEpoch("AUC by epoch", "AUC", epochs, ("valid", e => e.ValidAuc), ("valid gAUC", e => e.ValidGauc));
        if (!items && epochs.Any(e => e.ValidNdcg is not null))
            yield return ByEpoch("Lists by epoch", "NDCG", epochs, ("valid", e => e.ValidNdcg));
        yield return new Plot("Throughput", "seconds", "rows/s") { FromZero = true }.Line("rows/s", steps.Select(s => (s.Seconds, (double?)s.RowsPerSecond)));
        yield return new Plot("Waiting for data", "seconds", "% of the time") { FromZero = true }.Line("loader wait", steps.Select(s => (s.Seconds, (double?)(100 * s.LoaderWait))));
        if (steps.Select(s => s.LearningRate).Distinct().Count() > 1)
            yield return new Plot("Learning rate", "step", "learning rate") { FromZero = true, Whole = true }.Line("learning rate", steps.Select(s => ((double)s.Step, (double?)s.LearningRate)));
    }

    /// <summary>A chart of metrics between 0 and 1.</summary>
    private static Plot ByEpoch(string title, string yTitle, IReadOnlyList<EpochMetrics> epochs, params (string Name, Func<EpochMetrics, double?> Of)[] lines)
    {
        Plot plot = new(title, "epoch", yTitle) { Whole = true, Bounds = new(0, 1) };
        foreach ((string name, Func<EpochMetrics, double?> of) in lines)
            plot.Line(name, epochs.Select(e => ((double)e.Epoch, of(e))));
        return plot;
    }
}

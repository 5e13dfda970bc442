using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuCtr.Datagen;

/// <summary>The file <c>truth.json</c>: the reference for models trained on the shards.</summary>
public static class TruthReport
{
    // Plain "×" rather than its escape: the file holds no markup that could need protection.
    private static readonly JsonSerializerOptions _format = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it beside the shards. Names neither folder nor time, so that equal runs give equal files.</summary>
    public static async Task WriteAsync(
        SynthRequest request, ISyntheticTable table, TruthFigures training, bool isExact, TruthFigures? test, CancellationToken stop)
    {
        var report = new JsonObject
        {
            ["arguments"] = request.Arguments,
            ["seed"] = request.Seed,
            ["rows"] = training.Rows,
            ["shards"] = request.Shards,
            ["best_auc"] = Rounded(training.BestAuc),
            [table.Baseline.Key] = Rounded(training.BaselineAuc),
            ["label_rate"] = Rounded(training.LabelRate),
            ["auc_method"] = isExact ? "exact" : "histogram",
        };
        AddLists(report, training);
        if (test is { } figures)
        {
            report["test"] = new JsonObject
            {
                ["rows"] = figures.Rows,
                ["best_auc"] = Rounded(figures.BestAuc),
                [table.Baseline.Key] = Rounded(figures.BaselineAuc),
                ["label_rate"] = Rounded(figures.LabelRate),
            };
            AddLists(report["test"]!.AsObject(), figures);
        }
        foreach (var (name, value) in table.Describe().ToArray())
            report[name] = value?.DeepClone();
        await File.WriteAllTextAsync(Path.Combine(request.Out, OutputFolder.TruthFile), report.ToJsonString(_format) + "\n", stop);
    }

    private static void AddLists(JsonObject to, TruthFigures figures)
    {
        if (figures.Lists.Count == 0)
            return;
        to["best_ndcg"] = Rounded(figures.Lists.BestNdcg);
        to["bargain_ndcg"] = Rounded(figures.Lists.BaselineNdcg);
        to["shown_ndcg"] = Rounded(figures.Lists.ShownNdcg);
    }

    // With only one label, AUC is undefined and written as null.
    private static double? Rounded(double value) => double.IsNaN(value) ? null : Math.Round(value, 6);
}

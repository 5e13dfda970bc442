using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Reports;

/// <summary>A run as its folder describes it.</summary>
/// <param name="Name">The folder, as the user wrote it.</param>
/// <param name="Config">config.json: the options of the run.</param>
/// <param name="Epochs">Its finished epochs.</param>
/// <param name="Result">Metrics at the end of the run; null while it runs, or if it was interrupted.</param>
internal sealed record RunFacts(string Name, JsonObject Config, IReadOnlyList<EpochMetrics> Epochs, RunMetrics? Result)
{
    /// <summary>The best epoch; null before the end of the first.</summary>
    public EpochMetrics? Best => Epochs.LastOrDefault(e => e.Best);

    /// <summary>Whether <see cref="Result"/> is about test rows.</summary>
    /// <remarks>Test shards may have been found by their names; runs of earlier versions have only the option. A model that predicts items is tested on the last item of each row, unless that is switched off.</remarks>
    public bool IsTested => Result is not null && (Config["tested_on"] is JsonArray { Count: > 0 } || Options["test"] is JsonArray { Count: > 0 } || Options["test_last"] is not null || Result.Hr10 is not null && $"{Options["leave_one_out"]}" is not ("false" or "off"));

    /// <summary>Flags and their values.</summary>
    public JsonObject Options => Config["options"]!.AsObject();

    /// <summary>The architecture.</summary>
    public string Model => $"{Config["model"]!["model"]}";

    /// <summary>Reads a run folder.</summary>
    /// <exception cref="GpuCtrException">Usage: it holds no run. Data: a file is damaged. InputOutput: unreadable.</exception>
    public static RunFacts Of(string folder)
    {
        string config = Path.Combine(folder, RunFolder.Config), result = Path.Combine(folder, RunFolder.Result);
        if (!File.Exists(config))
            throw GpuCtrException.UsageError($"{folder}: not a run folder ({RunFolder.Config} is missing)");
        RunFacts facts = new(
            folder, Read(config, text => JsonNode.Parse(text)!.AsObject()), Read(Path.Combine(folder, MetricsLog.FileName), Lines) ?? [],
            File.Exists(result) ? Read(result, JsonText.Parse<RunMetrics>) : null);
        return facts.Config["options"] is JsonObject && facts.Config["model"] is JsonObject ? facts : throw Damaged(config, "it has no options");
    }

    private static EpochMetrics[] Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(JsonText.Parse<EpochMetrics>)];

    private static T Read<T>(string path, Func<string, T> parse)
    {
        try
        {
            return parse(File.Exists(path) ? File.ReadAllText(path) : "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw Damaged(path, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"cannot be read ({e.Message})", e);
        }
    }

    private static GpuCtrException Damaged(string path, string what) => GpuCtrException.DataError(new DataPlace(path), $"damaged ({what}); leave the run out");
}

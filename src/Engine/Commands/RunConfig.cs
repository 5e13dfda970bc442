using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine.Checkpoints;
using GpuCtr.Engine.Data;
using GpuCtr.Engine.Training;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Engine.Commands;

/// <summary>config.json: what a run was asked to do and what it found. Its options can be given to --config.</summary>
internal static class RunConfig
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "config.json";

    // These change how a run goes on, not what it computes.
    private static readonly string[] free = ["epochs", "patience", "checkpoint_every", "device", "kernels", "threads", "fit_cache", "out", "json", "verbose", "test"];

    /// <summary>Writes the file.</summary>
    public static void Write(RunFolder folder, FlagValues flags, Device device, RunShards shards, TrainSettings settings)
    {
        JsonObject config = new()
        {
            ["version"] = HelpText.Version,
            ["command_line"] = $"gpu-ctr train {string.Join(' ', flags.Typed.Select(t => t.Contains(' ') || t.Contains('*') ? $"'{t}'" : t))}",
            ["started"] = DateTime.UtcNow.ToString("s") + "Z",
            ["device"] = device.ToString(),
            ["options"] = flags.ToJson(),
            ["model"] = JsonNode.Parse(JsonText.Line(settings.Model)),
            ["columns"] = new JsonArray([.. shards.Columns().Select(c => new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["role"] = c.Role, ["note"] = c.Note })]),
            ["data"] = Files(shards),
        };
        Checkpoint.WriteThrough(folder.File(FileName), config.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>Checks that a run that goes on has the options and the shards that it began with.</summary>
    /// <exception cref="Failure">Usage: there is no run, or something differs; every difference is named.</exception>
    public static void CheckSame(RunFolder folder, FlagValues flags, RunShards shards)
    {
        string path = folder.File(FileName);
        if (!File.Exists(path))
            throw Failure.BadUsage($"--resume: {folder.Path} holds no run; leave --resume out to start one");
        try
        {
            JsonNode old = JsonNode.Parse(File.ReadAllText(path))!;
            List<string> differences = [.. Differences(old["options"]!.AsObject(), flags.ToJson()), .. Differences(old["data"]!.AsObject(), Files(shards))];
            if (differences.Count > 0)
                throw Failure.BadUsage($"--resume: {string.Join("; ", differences)}; resume with what the run began with, or start a new one");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw Failure.BadData($"{path}: damaged ({e.Message}); start a new run", e);
        }
    }

    private static IEnumerable<string> Differences(JsonObject old, JsonObject now) => now
        .Where(n => !free.Contains(n.Key) && Text(old[n.Key]) != Text(n.Value))
        .Select(n => $"{n.Key} was {Text(old[n.Key])} and is {Text(n.Value)}");

    private static JsonObject Files(RunShards shards) => new() { ["train_shards"] = List(shards.Train), ["valid_shards"] = List(shards.Valid) };

    private static JsonArray List(ShardSet? set) =>
        new([.. (set?.Shards ?? []).Select(s => (JsonNode)$"{s.Path} ({s.Rows} rows, {s.LengthBytes} bytes, {s.Modified:s}Z)")]);

    private static string Text(JsonNode? node) => node is null ? "not set" : node is JsonArray list ? $"[{string.Join(", ", list.Select(Text))}]" : node.ToString();
}

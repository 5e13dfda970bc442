using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Commands;

/// <summary>config.json: what a run was asked to do and what it found. Its options can be given to --config.</summary>
internal static class RunConfig
{
    private const int ShortList = 4;

    // Before format 2 lists of columns stood as they were typed.
    private const int Format = 2;

    // These change how a run goes on, not what it computes; what shards and valid name is compared file by file.
    private static readonly string[] free =
        ["epochs", "patience", "checkpoint_every", "device", "kernels", "threads", "fit_cache", "out", "json", "verbose", "test", "init_from", "shards", "valid"];

    // With these a run can go on, though not to the same bits. All others decide which tensors there are or how values are encoded.
    private static readonly string[] allowable =
    [
        "train_shards", "valid_shards", "valid_fraction", "bad_rows", "memory", "batch_size", "lr", "lr_warmup", "lr_plateau", "lr_steps", "dropout",
        "embedding_update", "l2", "embedding_l2", "embedding_l2_scope", "mba_lambda", "clip_norm", "monitor", "precision", "seed",
    ];

    /// <summary>What the file says, and every checkpoint with it.</summary>
    public static JsonObject Of(FlagValues flags, Device device, RunShards shards, TrainSettings settings) => new()
    {
        ["format"] = Format,
        ["version"] = Release.Version,
        ["command_line"] = $"gpu-ctr train {string.Join(' ', flags.Typed.Select(t => t.IndexOfAny([' ', '*', '"']) >= 0 ? $"'{t}'" : t))}",
        ["started"] = DateTime.UtcNow.ToString("s") + "Z",
        ["device"] = device.ToString(),
        ["options"] = flags.ToJson(),
        ["model"] = JsonNode.Parse(JsonText.Line(settings.Model)),
        ["columns"] = new JsonArray([.. shards.Columns().Select(c => new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["role"] = c.Role, ["note"] = c.Note })]),
        ["data"] = Files(shards, byContent: true),
    };

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(RunFolder folder, JsonObject config) => Disk.ReplaceText(folder.File(RunFolder.Config), config.ToJsonString(new() { WriteIndented = true }) + "\n");

    /// <summary>Path of the file in the folder of a run; null where there is no run, or none that came so far.</summary>
    public static string? PathIn(string folder) => RunFolder.HoldsRun(folder) && Path.Combine(folder, RunFolder.Config) is var path && File.Exists(path) ? path : null;

    /// <summary>Checks that a run that goes on has the options and the shards that it began with, but for those named by --allow-changed.</summary>
    /// <param name="folder">Its folder; a run that was killed before it wrote the file has nothing to compare.</param>
    /// <param name="flags">What it is asked to do now.</param>
    /// <param name="shards">What it is to read now.</param>
    /// <param name="runLog">Told what was allowed to change.</param>
    /// <exception cref="GpuCtrException">Usage: something differs; every difference is named.</exception>
    public static void CheckSame(RunFolder folder, FlagValues flags, RunShards shards, RunLog runLog)
    {
        if (PathIn(folder.Path) is not { } path)
        {
            if (folder.CheckpointNames().Count > 0)
                throw GpuCtrException.UsageError($"--resume: {folder.Path} has checkpoints, but its {RunFolder.Config} is missing; restore it, or start a new run");
            return;
        }

        string[] allowed = [.. flags.List("--allow-changed").Select(Allowable)];
        try
        {
            JsonNode old = JsonNode.Parse(File.ReadAllText(path))!;
            JsonObject options = old["options"]!.AsObject();
            if (old["format"] is null)
                flags.Upgrade(options);
            (string Field, string Text)[] differences = [.. Differences(options, flags.ToJson(), flags), .. DataDifferences(old["data"]!.AsObject(), shards, flags)];
            string[] refused = [.. differences.Where(d => !allowed.Contains(d.Field)).Select(d => d.Text)];
            if (refused.Length > 0)
                throw GpuCtrException.UsageError($"--resume: {string.Join("; ", refused)}; resume with the options and shards that the run started with, accept a change with --allow-changed FIELD, or start a new run");
            foreach ((_, string text) in differences)
                runLog.Warn($"{text}: the run continues, but will not end with the same bits as an unchanged run");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw GpuCtrException.DataError($"{path}: damaged ({e.Message}); start a new run", e);
        }
    }

    private static string Allowable(string field)
    {
        string name = field.TrimStart('-').Replace('-', '_');
        return allowable.Contains(name) ? name : throw GpuCtrException.UsageError(
            $"--allow-changed {field}: not one of {string.Join(", ", allowable)}; others decide which tensors there are or how values are encoded: begin a new run, with --init-from if its model stays the same");
    }

    /// <summary>An option that an older version did not have stood at its default.</summary>
    private static IEnumerable<(string Field, string Text)> Differences(JsonObject old, JsonObject now, FlagValues flags) => now
        .Where(n => !free.Contains(n.Key) && (old.ContainsKey(n.Key) || flags.IsGiven($"--{n.Key.Replace('_', '-')}")) && !JsonNode.DeepEquals(old[n.Key], n.Value))
        .Select(n => (n.Key, $"{n.Key} was {Text(old[n.Key], n.Value)} and is {Text(n.Value, old[n.Key])}"));

    /// <summary>A run that was begun before shards were told apart by content has their times.</summary>
    private static IEnumerable<(string Field, string Text)> DataDifferences(JsonObject old, RunShards shards, FlagValues flags) =>
        Differences(old, Files(shards, byContent: old.Any(list => $"{list.Value}".Contains("xxh3", StringComparison.Ordinal))), flags);

    private static JsonObject Files(RunShards shards, bool byContent) => new() { ["train_shards"] = List(shards.Train, byContent), ["valid_shards"] = List(shards.Valid, byContent) };

    private static JsonArray List(ShardSet? set, bool byContent) =>
        new([.. (set?.Shards ?? []).Select((s, i) => (JsonNode)$"{s.Path} ({s.Rows} rows, {s.LengthBytes} bytes, {(byContent ? set!.ContentKeys[i] : s.Version)})")]);

    /// <summary>Of long lists only what the other one has not.</summary>
    private static string Text(JsonNode? node, JsonNode? other)
    {
        if (node is not JsonArray list)
            return node?.ToString() ?? "not set";
        string[] items = [.. list.Select(i => $"{i}")], others = other is JsonArray o ? [.. o.Select(i => $"{i}")] : [];
        string[] own = [.. items.Except(others)];
        return items.Length <= ShortList || own.Length == 0 || own.Length == items.Length ? $"[{string.Join(", ", items)}]" : $"[…, {string.Join(", ", own)}]";
    }
}

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
        ["version"] = HelpText.Version,
        ["command_line"] = $"gpu-ctr train {string.Join(' ', flags.Typed.Select(t => t.IndexOfAny([' ', '*', '"']) >= 0 ? $"'{t}'" : t))}",
        ["started"] = DateTime.UtcNow.ToString("s") + "Z",
        ["device"] = device.ToString(),
        ["options"] = flags.ToJson(),
        ["model"] = JsonNode.Parse(JsonText.Line(settings.Model)),
        ["columns"] = new JsonArray([.. shards.Columns().Select(c => new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["role"] = c.Role, ["note"] = c.Note })]),
        ["data"] = Files(shards),
    };

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(RunFolder folder, JsonObject config) => Disk.ReplaceText(folder.File(FileName), config.ToJsonString(new() { WriteIndented = true }) + "\n");

    /// <summary>Checks that a run that goes on has the options and the shards that it began with, but for those named by --allow-changed.</summary>
    /// <exception cref="Failure">Usage: there is no run, or something differs; every difference is named.</exception>
    public static void CheckSame(RunFolder folder, FlagValues flags, RunShards shards, Journal journal)
    {
        string path = folder.File(FileName);
        if (!File.Exists(path))
            throw Failure.BadUsage($"--resume: {folder.Path} holds no run; leave --resume out to start one");
        string[] allowed = [.. flags.List("--allow-changed").Select(Allowable)];
        try
        {
            JsonNode old = JsonNode.Parse(File.ReadAllText(path))!;
            JsonObject options = old["options"]!.AsObject();
            if (old["format"] is null)
                flags.Upgrade(options);
            (string Field, string Text)[] differences = [.. Differences(options, flags.ToJson(), flags), .. Differences(old["data"]!.AsObject(), Files(shards), flags)];
            string[] refused = [.. differences.Where(d => !allowed.Contains(d.Field)).Select(d => d.Text)];
            if (refused.Length > 0)
                throw Failure.BadUsage($"--resume: {string.Join("; ", refused)}; resume with what the run began with, accept a change with --allow-changed FIELD, or start a new run");
            foreach ((_, string text) in differences)
                journal.Warn($"{text}: the run goes on, but not to the bits of one that was never changed");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw Failure.BadData($"{path}: damaged ({e.Message}); start a new run", e);
        }
    }

    private static string Allowable(string field)
    {
        string name = field.TrimStart('-').Replace('-', '_');
        return allowable.Contains(name) ? name : throw Failure.BadUsage(
            $"--allow-changed {field}: not one of {string.Join(", ", allowable)}; others decide which tensors there are or how values are encoded: begin a new run, with --init-from if its model stays the same");
    }

    /// An option that an older version did not have stood at its default.
    private static IEnumerable<(string Field, string Text)> Differences(JsonObject old, JsonObject now, FlagValues flags) => now
        .Where(n => !free.Contains(n.Key) && (old.ContainsKey(n.Key) || flags.IsGiven($"--{n.Key.Replace('_', '-')}")) && !JsonNode.DeepEquals(old[n.Key], n.Value))
        .Select(n => (n.Key, $"{n.Key} was {Text(old[n.Key], n.Value)} and is {Text(n.Value, old[n.Key])}"));

    private static JsonObject Files(RunShards shards) => new() { ["train_shards"] = List(shards.Train), ["valid_shards"] = List(shards.Valid) };

    private static JsonArray List(ShardSet? set) =>
        new([.. (set?.Shards ?? []).Select(s => (JsonNode)$"{s.Path} ({s.Rows} rows, {s.LengthBytes} bytes, {s.Version})")]);

    /// Of long lists only what the other one has not.
    private static string Text(JsonNode? node, JsonNode? other)
    {
        if (node is not JsonArray list)
            return node?.ToString() ?? "not set";
        string[] items = [.. list.Select(i => $"{i}")], others = other is JsonArray o ? [.. o.Select(i => $"{i}")] : [];
        string[] own = [.. items.Except(others)];
        return items.Length <= ShortList || own.Length == 0 || own.Length == items.Length ? $"[{string.Join(", ", items)}]" : $"[…, {string.Join(", ", own)}]";
    }
}

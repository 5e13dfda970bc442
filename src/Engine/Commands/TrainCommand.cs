using System.Text.Json.Nodes;
using GpuCtr.Engine.Checkpoints;
using GpuCtr.Engine.Training;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Engine.Commands;

/// <summary><c>train SHARDS…</c></summary>
internal static class TrainCommand
{
    /// <summary>The verb.</summary>
    public static Verb Verb { get; } = new(
        "train", "trains, evaluates after every epoch, keeps the best and the last checkpoint, leaves a run folder", true, TrainFlags.All,
        [
            "gpu-ctr train 'data/train-*.parquet' --valid data/valid.parquet --test data/test.parquet --epochs 3 --out runs/first",
            "gpu-ctr train clicks/ --label clicked --group-id user --exclude row_id --hidden-units 256,128 --json",
        ],
        Execute);

    private static ExitCode Execute(FlagValues flags, Terminal terminal)
    {
        TrainSettings settings = TrainOptions.Of(flags);
        using Interruption interruption = new();
        using Journal journal = new(terminal.Error, terminal.InPlace, flags.IsOn("--verbose"));
        RunShards shards = RunShards.Open(settings);
        settings = settings with { Model = TrainOptions.Model(flags, shards.ModelName) };
        using Device device = DeviceFlags.Open(flags);
        using RunFolder folder = RunFolder.Create(flags.IsGiven("--out") ? flags.Text("--out") : null, flags.IsOn("--overwrite"));
        TrainRun run = new(settings, device, folder, journal, interruption);
        RunMetrics metrics = run.Run(shards, () => Begin(folder, flags, journal, device, shards, settings));
        if (flags.IsOn("--json"))
            terminal.Out.WriteLine(JsonText.Line(metrics));
        return ExitCode.Done;
    }

    private static void Begin(RunFolder folder, FlagValues flags, Journal journal, Device device, RunShards shards, TrainSettings settings)
    {
        journal.Attach(folder.File("run.log"));
        JsonObject config = new()
        {
            ["version"] = HelpText.Version,
            ["command_line"] = $"gpu-ctr train {string.Join(' ', flags.Typed.Select(t => t.Contains(' ') || t.Contains('*') ? $"'{t}'" : t))}",
            ["started"] = DateTime.UtcNow.ToString("s") + "Z",
            ["device"] = device.ToString(),
            ["options"] = flags.ToJson(),
            ["model"] = JsonNode.Parse(JsonText.Line(settings.Model)),
            ["columns"] = new JsonArray([.. shards.Columns().Select(c => new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["role"] = c.Role, ["note"] = c.Note })]),
        };
        Checkpoint.WriteThrough(folder.File("config.json"), config.ToJsonString(new() { WriteIndented = true }) + "\n");
    }
}

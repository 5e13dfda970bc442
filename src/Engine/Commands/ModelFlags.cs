using GpuCtr.Engine.Checkpoints;
using GpuCtr.Engine.Data;
using GpuCtr.Engine.Training;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of the verbs that take a trained model.</summary>
internal static class ModelFlags
{
    private const string Name = "--model";

    /// <summary>Which model.</summary>
    public static Flag Model { get; } = new(Name, "RUN", "", "a run folder (its best checkpoint), its best or last, or a checkpoint folder");

    /// <summary>How many rows at once.</summary>
    public static Flag BatchSize { get; } = new("--batch-size", "B", "4096", "rows at once");

    /// <summary>Opens the checkpoint that --model names.</summary>
    /// <exception cref="Failure">Usage: none is named, or there is none. Data: it is damaged.</exception>
    public static Checkpoint Open(FlagValues flags) => flags.IsGiven(Name)
        ? Checkpoint.Open(RunFolder.Resolve(flags.Text(Name)))
        : throw Failure.BadUsage($"{flags.Verb} needs {Name}: a run or checkpoint folder");

    /// <summary>The value of --batch-size.</summary>
    public static int BatchSizeOf(FlagValues flags) => flags.Whole(BatchSize.Name, 1, 1 << 20);

    /// <summary>How --threads and --bad-rows have rows read.</summary>
    public static DatasetOptions RowsOf(FlagValues flags) => new()
    {
        Workers = DeviceFlags.DecodeThreads(flags),
        BadRows = BadRowBudget.Parse(flags.Text("--bad-rows")),
    };

    /// <summary>Says which model works where.</summary>
    public static void Tell(Journal journal, Checkpoint checkpoint, Device device)
    {
        journal.Line($"model    {checkpoint.Manifest.Model.Model}, step {checkpoint.Manifest.Position.Step}, {checkpoint.Folder}");
        journal.Line($"device   {device}");
    }
}

using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of the verbs that take a trained model.</summary>
internal static class ModelFlags
{
    private const string Name = "--model";

    /// <summary>Which model.</summary>
    public static Flag Model { get; } = new(Name, "RUN", "", "a run folder (its best checkpoint), its best or last, or a checkpoint folder");

    /// <summary>How many rows at once.</summary>
    public static Flag BatchSize { get; } = new("--batch-size", "B", "4096", "rows at once");

    /// <summary>Takes from the checkpoint that --model names what a command needs of it.</summary>
    /// <param name="flags">The flags.</param>
    /// <param name="load">Reads it; called again where a run in training has a newer checkpoint meanwhile.</param>
    /// <exception cref="GpuCtrException">Usage: none is named, or there is none. Data: it is damaged.</exception>
    public static T Load<T>(FlagValues flags, Func<Checkpoint, T> load) => Checkpoint.Load(PathOf(flags), load);

    /// <summary>What --model says; there is something with that name.</summary>
    /// <exception cref="GpuCtrException">Usage: none is named, or there is none.</exception>
    public static string PathOf(FlagValues flags)
    {
        if (!flags.IsGiven(Name))
            throw GpuCtrException.UsageError($"{flags.Verb} needs {Name}: a run or checkpoint folder");
        _ = RunFolder.Resolve(flags.Text(Name));
        return flags.Text(Name);
    }

    /// <summary>What a command that takes a model reads of it.</summary>
    public static IEnumerable<string> FilesOf(Checkpoint checkpoint) => RunFolder.ReadWith(checkpoint.Folder);

    /// <summary>The value of --batch-size.</summary>
    public static int BatchSizeOf(FlagValues flags) => flags.Whole(BatchSize.Name, GpuCtr.Models.ModelLimits.BatchRows);

    /// <summary>How --threads and --bad-rows have rows read.</summary>
    public static DatasetOptions RowsOf(FlagValues flags) => new()
    {
        Workers = DeviceFlags.DecodeThreads(flags),
        BadRows = BadRowBudget.Parse(flags.Text("--bad-rows")),
    };

    /// <summary>Says which model works where.</summary>
    public static void Tell(RunLog runLog, Checkpoint checkpoint, Device device)
    {
        runLog.Line($"model    {checkpoint.Manifest.Model.Model}, step {checkpoint.Manifest.Position.Step}, {checkpoint.Folder}");
        runLog.Line($"device   {device}");
    }
}

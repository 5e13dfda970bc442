using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.Engine.Commands;

/// <summary>The trained model that a verb takes.</summary>
internal sealed record ModelSource
{
    /// <summary>Where it is.</summary>
    [Option("a run folder (its best checkpoint), its best or last, or a checkpoint folder", Value = "RUN")]
    public string? Model { get; init; }

    /// <summary>Sees to it that one is named and there is something with that name.</summary>
    /// <param name="verb">The verb.</param>
    /// <exception cref="GpuCtrException">Usage: none is named, or there is none.</exception>
    public void Check(string verb) => _ = RunFolder.Resolve(Model ?? throw GpuCtrException.UsageError($"{verb} needs --model: a run or checkpoint folder"));

    /// <summary>Takes from its checkpoint what a command needs of it.</summary>
    /// <param name="load">Reads it; called again where a run in training has a newer checkpoint meanwhile.</param>
    /// <exception cref="GpuCtrException">Usage: there is none. Data: it is damaged.</exception>
    public T Load<T>(Func<Checkpoint, T> load) => Checkpoint.Load(Model!, load);

    /// <summary>Says which model works where.</summary>
    public static void Tell(RunLog runLog, Checkpoint checkpoint, Device device)
    {
        runLog.Line($"model    {checkpoint.Manifest.Model.Model}, step {checkpoint.Manifest.Position.Step}, {checkpoint.Folder}");
        runLog.Line($"device   {device}");
    }
}

using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Commands;

/// <summary>The trained model used by a verb.</summary>
internal sealed record ModelSource
{
    /// <summary>Its path.</summary>
    [Option("a run folder (its best checkpoint), its best or last, or a checkpoint folder", Value = "RUN")]
    public string? Model { get; init; }

    /// <summary>Checks that a model is given and that it exists.</summary>
    /// <param name="verb">The verb.</param>
    /// <exception cref="GpuCtrException">Usage: no model is given, or it does not exist.</exception>
    public void Check(string verb) => RunFolder.Require(Model, verb);

    /// <summary>Loads the part of its checkpoint that a command needs.</summary>
    /// <param name="load">Reads the checkpoint; called again if a running training has replaced it in the meantime.</param>
    /// <exception cref="GpuCtrException">Usage: there is no checkpoint. Data: it is damaged.</exception>
    public T Load<T>(Func<Checkpoint, T> load) => Checkpoint.Load(Model!, load);
}

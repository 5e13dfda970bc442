using System.Globalization;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Models;

namespace GpuCtr.Training.Checkpoints;

/// <content>The checkpoints of the run: saved, pointed to, found, removed.</content>
internal sealed partial class RunFolder
{
    private const int NewestKept = 2;

    /// <summary>Writes a checkpoint of the model and sets <see cref="Last"/> to it; returns its name.</summary>
    /// <exception cref="GpuCtrException">InputOutput: it could not be written; earlier checkpoints are untouched.</exception>
    public string Save(TrainableModel model, FeatureEncoder encoder, RunState state)
    {
        string folder = FreeCheckpoint(model.Step), name = System.IO.Path.GetFileName(folder);
        try
        {
            Checkpoint.Write(folder, model, encoder, state);
            Point(Last, name);
            return name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or GpuCtrException { Kind: ErrorKind.InputOutput })
        {
            long needed = model.Weights.Concat(model.OptimizerStates).Concat(model.HasDeferredUpdates ? model.DeferredState : []).Sum(t => t.Bytes);
            throw GpuCtrException.IoError(
                new DataPlace(folder), $"the checkpoint cannot be written ({e.Message}); {Disk.Space(needed, Path)}; earlier checkpoints are intact", e);
        }
    }

    /// <summary>The checkpoint folder that a pointer names; null if there is none.</summary>
    public string? Pointed(string pointer) => PointerFile.Read(File(pointer)) is { } name ? Checkpointed(name) : null;

    /// <summary>Sets a pointer to a checkpoint; at every moment it names the old or the new one.</summary>
    public void Point(string pointer, string name) => PointerFile.Replace(File(pointer), name);

    /// <summary>The names of all complete checkpoints, newest first.</summary>
    public IReadOnlyList<string> CheckpointNames() => !Directory.Exists(File(Checkpoints)) ? [] :
        [.. Directory.GetDirectories(File(Checkpoints))
            .Where(f => System.IO.File.Exists(System.IO.Path.Combine(f, Checkpoint.ManifestFile)))
            .Select(f => System.IO.Path.GetFileName(f))
            .Where(PointerFile.IsName)
            .OrderByDescending(AgeOf)];

    /// <summary>Full path of a checkpoint.</summary>
    public string Checkpointed(string name) => System.IO.Path.Combine(Path, Checkpoints, name);

    /// <summary>Removes all checkpoints except the newest two and those that a pointer names, and incomplete ones left by a killed process.</summary>
    public void Prune()
    {
        string[] kept = [.. new[] { Best, Last }.Select(p => PointerFile.Read(File(p))).OfType<string>(), .. CheckpointNames().Take(NewestKept)];
        foreach (string name in Directory.GetDirectories(File(Checkpoints)).Select(f => System.IO.Path.GetFileName(f)).Except(kept))
            Remove(name);
    }

    /// <summary>Removes a checkpoint. Its manifest goes first, so half a folder is never taken for a whole one.</summary>
    public void Remove(string name)
    {
        System.IO.File.Delete(System.IO.Path.Combine(Checkpointed(name), Checkpoint.ManifestFile));
        Directory.Delete(Checkpointed(name), recursive: true);
    }

    /// <summary>Removes all checkpoints of a run that no process has open, and leaves its metrics.</summary>
    public static void DropWeights(string path)
    {
        using RunFolder run = new((path, RunLock.Take(path)));
        foreach (string pointer in new[] { Best, Last })
            System.IO.File.Delete(run.File(pointer));
        foreach (string name in run.CheckpointNames())
            run.Remove(name);
    }

    /// <summary>Checks that a model is given and that it exists.</summary>
    /// <param name="model">Its path.</param>
    /// <param name="verb">What needs it.</param>
    /// <exception cref="GpuCtrException">Usage: no model is given, or it does not exist.</exception>
    public static void Require(string? model, string verb) => _ = Resolve(model ?? throw GpuCtrException.UsageError($"{verb} needs --model: name a run or checkpoint folder"));

    /// <summary>The checkpoint of a path: a checkpoint folder, a pointer, or a run (its best checkpoint).</summary>
    /// <exception cref="GpuCtrException">Usage: it is none of these.</exception>
    public static string Resolve(string path, string flag = "--model")
    {
        string full = System.IO.Path.GetFullPath(path);
        if (System.IO.File.Exists(System.IO.Path.Combine(full, Checkpoint.ManifestFile)))
            return full;
        string[] pointers = Directory.Exists(full) ? [System.IO.Path.Combine(full, Best), System.IO.Path.Combine(full, Last)] : [full];
        foreach (string pointer in pointers.Where(System.IO.File.Exists))
        {
            if (PointerFile.Read(pointer) is { } name)
                return System.IO.Path.Combine(System.IO.Path.GetDirectoryName(pointer)!, Checkpoints, name);
        }

        throw GpuCtrException.UsageError(Directory.Exists(full) || System.IO.File.Exists(full)
            ? $"{flag} {path}: neither a run with a checkpoint, nor its best or last, nor a checkpoint folder"
            : $"{flag} {path}: no such run or checkpoint folder");
    }

    /// <summary>Sort key of a checkpoint's name: its step, and its number within that step (120 is older than 120-2).</summary>
    private static (long Step, int Copy) AgeOf(string name)
    {
        string[] parts = name.Split('-');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length == 1 ? 1 : int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Name of a new checkpoint: its step. A checkpoint that a pointer may name is never overwritten, so a second one of the same step gets a suffix.</summary>
    private string FreeCheckpoint(int step)
    {
        string folder = System.IO.Path.Combine(Path, Checkpoints, step.ToString(CultureInfo.InvariantCulture)), free = folder;
        for (int i = 2; Directory.Exists(free); i++)
            free = string.Create(CultureInfo.InvariantCulture, $"{folder}-{i}");
        return free;
    }
}

using System.Text;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Models;

namespace GpuCtr.Training.Checkpoints;

/// <content>Writing: all or nothing.</content>
internal sealed partial record Checkpoint
{
    /// <summary>Writes a checkpoint to a temporary folder and renames it: the checkpoint is there as a whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static Checkpoint Write(string folder, TrainableModel model, FeatureEncoder encoder, RunState state)
    {
        string parent = Path.GetDirectoryName(folder)!, temporary = Path.Combine(parent, $".{Path.GetFileName(folder)}.tmp");
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        try
        {
            CheckpointManifest manifest = WriteFiles(temporary, model, encoder, state);
            Directory.Move(temporary, folder);
            Disk.FlushFolder(parent);
            return new Checkpoint(folder, manifest);
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    private static CheckpointManifest WriteFiles(string folder, TrainableModel model, FeatureEncoder encoder, RunState state)
    {
        Directory.CreateDirectory(folder);
        Dictionary<string, FileDigest> files = WriteTensors(folder, model);
        encoder.Save(folder);
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder, path).Replace('\\', '/');
            if (!files.ContainsKey(name))
                files.Add(name, FileDigest.Of(path));
        }

        CheckpointManifest manifest = new(
            CheckpointManifest.CurrentFormat, Release.Version, state.Position, state.Valid, state.BatchSize, model.Options, encoder.Spec, files, state.History, state.Config);
        byte[] text = Encoding.UTF8.GetBytes(JsonText.Indented(manifest) + "\n");
        Disk.WriteText(Path.Combine(folder, ManifestDigestFile), FileDigest.Of(text).Xxh3 + "\n");
        Disk.Write(Path.Combine(folder, ManifestFile), text);
        foreach (string inner in Directory.GetDirectories(folder).Append(folder))
            Disk.FlushFolder(inner);
        return manifest;
    }

    /// <summary>
    /// Saved weights and optimizer state are those of rows that have missed no step. Rows that have are caught up before saving, and
    /// restored afterwards, as in a resumed run: writing a checkpoint changes no bit of what follows.
    /// </summary>
    private static Dictionary<string, FileDigest> WriteTensors(string folder, TrainableModel model)
    {
        Dictionary<string, FileDigest> files = [];
        if (model.HasDeferredUpdates)
            files.Add(ReplayFile, SafeTensors.Write(Path.Combine(folder, ReplayFile), model.Device, model.DeferredState));
        model.ApplyDeferred();
        files.Add(WeightsFile, SafeTensors.Write(Path.Combine(folder, WeightsFile), model.Device, model.Weights));
        files.Add(OptimizerFile, SafeTensors.Write(Path.Combine(folder, OptimizerFile), model.Device, model.OptimizerStates));
        if (files.ContainsKey(ReplayFile))
            ReadLaggingState(folder, model);
        return files;
    }
}

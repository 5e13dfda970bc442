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
        CanaryRow.Write(folder, state.Canaries, model.Device.Precision);
        AddFiles(folder, files);
        CheckpointManifest manifest = new(
            CheckpointManifest.CurrentFormat, Release.Version, state.Position, state.Valid, state.BatchSize, model.Options, encoder.Spec, files, state.History, state.Config);
        WriteManifest(folder, manifest);
        return manifest;
    }

    /// <summary>Writes a checkpoint for prediction only, without optimizer state, as part of another checkpoint.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void WriteForPrediction(string folder, FrozenModel model, FeatureEncoder encoder, CheckpointManifest manifest)
    {
        Directory.CreateDirectory(folder);
        Dictionary<string, FileDigest> files = new() { [WeightsFile] = SafeTensors.Write(Path.Combine(folder, WeightsFile), model.Device, model.Weights) };
        encoder.Save(folder);
        AddFiles(folder, files);
        WriteManifest(folder, manifest with { Files = files, History = null, Config = null });
    }

    private static void AddFiles(string folder, Dictionary<string, FileDigest> files)
    {
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder, path).Replace('\\', '/');
            if (!files.ContainsKey(name))
                files.Add(name, FileDigest.Of(path));
        }
    }

    private static void WriteManifest(string folder, CheckpointManifest manifest)
    {
        byte[] text = Encoding.UTF8.GetBytes(JsonText.Indented(manifest) + "\n");
        Disk.WriteText(Path.Combine(folder, ManifestDigestFile), FileDigest.Of(text).Xxh3 + "\n");
        Disk.Write(Path.Combine(folder, ManifestFile), text);
        foreach (string inner in Directory.GetDirectories(folder).Append(folder))
            Disk.FlushFolder(inner);
    }

    /// <summary>
    /// Saved weights and optimizer state are up to date: rows that have missed steps catch up before saving, and
    /// are restored afterwards, as in a resumed run, so that writing a checkpoint does not change the bits of the following steps.
    /// </summary>
    private static Dictionary<string, FileDigest> WriteTensors(string folder, TrainableModel model)
    {
        Dictionary<string, FileDigest> files = [];
        if (model.HasDeferredUpdates)
            files.Add(DeferredFile, SafeTensors.Write(Path.Combine(folder, DeferredFile), model.Device, model.DeferredState));
        model.ApplyDeferred();
        files.Add(WeightsFile, SafeTensors.Write(Path.Combine(folder, WeightsFile), model.Device, model.Weights));
        files.Add(OptimizerFile, SafeTensors.Write(Path.Combine(folder, OptimizerFile), model.Device, model.OptimizerStates));
        if (files.ContainsKey(DeferredFile))
            ReadLaggingState(folder, model);
        return files;
    }
}

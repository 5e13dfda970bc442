using System.Text;
using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A checkpoint folder: weights and optimizer state, features, manifest. Self-contained: it can be copied anywhere.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Manifest">What it holds.</param>
internal sealed record Checkpoint(string Folder, CheckpointManifest Manifest)
{
    /// <summary>The file that makes a folder a checkpoint.</summary>
    public const string ManifestFile = "manifest.json";

    private const string WeightsFile = "model.safetensors", OptimizerFile = "optimizer.safetensors", ReplayFile = "replay.safetensors", ManifestDigestFile = "manifest.xxh3";
    private const int ManifestLimitBytes = 16 << 20;

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

    private static void ReadLaggingState(string folder, TrainableModel model)
    {
        SafeTensors.Read(Path.Combine(folder, ReplayFile), model.Device, model.DeferredState);
        model.DeferredStateRestored();
    }

    /// <summary>Loads something from a checkpoint; if a running training removes the checkpoint meanwhile, from the newer one that replaced it.</summary>
    /// <param name="path">A run folder, a pointer or a checkpoint folder.</param>
    /// <param name="load">Loads it; called again for the newer checkpoint.</param>
    /// <param name="flag">The flag that names it.</param>
    /// <exception cref="GpuCtrException">Usage: there is none. Data: damaged. InputOutput: unreadable.</exception>
    public static T Load<T>(string path, Func<Checkpoint, T> load, string flag = "--model")
    {
        while (true)
        {
            string folder = RunFolder.Resolve(path, flag);
            try
            {
                return load(Open(folder));
            }
            catch (Exception e) when (e is GpuCtrException or IOException && !File.Exists(Path.Combine(folder, ManifestFile)) && RunFolder.Resolve(path, flag) != folder)
            {
                // A checkpoint is removed only when a pointer names another one.
            }
        }
    }

    /// <summary>Reads the manifest of a checkpoint and checks every file against it.</summary>
    /// <exception cref="GpuCtrException">Data: damaged or of another format. InputOutput: unreadable.</exception>
    public static Checkpoint Open(string folder)
    {
        string path = Path.Combine(folder, ManifestFile);
        try
        {
            CheckpointManifest manifest = JsonText.Parse<CheckpointManifest>(ReadManifest(path));
            if (manifest.Format is < 1 or > CheckpointManifest.CurrentFormat)
                throw GpuCtrException.DataError($"{path}: format {manifest.Format}, this version reads formats 1 to {CheckpointManifest.CurrentFormat}; use the version that wrote it ({manifest.Version}) or a later one");
            if (manifest.Format > 1 && !File.Exists(Path.Combine(folder, ManifestDigestFile)))
                throw GpuCtrException.DataError($"{folder}: incomplete ({ManifestDigestFile} is missing); use another checkpoint");
            if (ManifestCheck.FaultOf(manifest, WeightsFile, OptimizerFile, FeatureEncoder.StateFile) is { } fault)
                throw GpuCtrException.DataError($"{path}: damaged: {fault}; use another checkpoint");
            foreach ((string name, FileDigest expected) in manifest.Files)
                Verify(folder, name, expected);
            return new Checkpoint(folder, manifest);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw GpuCtrException.DataError($"{path}: damaged ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.DataError($"{folder}: incomplete ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"{folder}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>Format 1 has no digest of the manifest itself.</summary>
    private static string ReadManifest(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > ManifestLimitBytes)
            throw GpuCtrException.DataError($"{path}: {bytes} bytes, a manifest has at most {ManifestLimitBytes}; use another checkpoint");
        byte[] text = File.ReadAllBytes(path);
        string digest = Path.Combine(Path.GetDirectoryName(path)!, ManifestDigestFile);
        if (File.Exists(digest) && File.ReadAllText(digest).Trim() != FileDigest.Of(text).Xxh3)
            throw GpuCtrException.DataError($"{path}: damaged: its content does not match its hash; use another checkpoint");
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>How values are encoded for this model.</summary>
    /// <exception cref="GpuCtrException">Data: damaged, or not the features of this model.</exception>
    public FeatureEncoder LoadEncoder()
    {
        FeatureEncoder encoder = FeatureEncoder.Load(Folder);
        if (encoder.State.Vocabularies.FirstOrDefault(v => !Manifest.Files.ContainsKey(v.File)) is { } loose)
            throw GpuCtrException.DataError($"{Path.Combine(Folder, ManifestFile)}: damaged: {loose.File} is not among its files; use another checkpoint");
        return encoder.IsOf(Manifest.Spec)
            ? encoder
            : throw GpuCtrException.DataError($"{Folder}: its features are not those of its model; use another checkpoint");
    }

    /// <summary>Puts the weights into a model of the same options.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadWeights(TrainableModel model)
    {
        // The update log belongs to the weights that are overwritten.
        model.ApplyDeferred();
        SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights);
    }

    /// <summary>A model with the weights, for prediction alone.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public FrozenModel LoadFrozen(Device device, FeatureSpec spec, int batchSize)
    {
        string weights = Path.Combine(Folder, WeightsFile);
        FrozenModel model;
        try
        {
            model = new(device, spec, Manifest.Model, batchSize, tensors => SafeTensors.Check(weights, tensors));
        }
        catch (KernelException e) when (e is not DeviceException)
        {
            throw GpuCtrException.DataError($"{Path.Combine(Folder, ManifestFile)}: its options do not fit together ({e.Message}); use another checkpoint", e);
        }
        try
        {
            SafeTensors.Read(weights, device, model.Weights);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Puts weights, optimizer state and step count into a model of the same options.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadAll(TrainableModel model)
    {
        LoadWeights(model);
        SafeTensors.Read(Path.Combine(Folder, OptimizerFile), model.Device, model.OptimizerStates);
        model.Step = Manifest.Position.Step;
        // With another embedding update, the run resumes from rows that have missed no step.
        if (Manifest.Files.ContainsKey(ReplayFile) && model.DeferredState.Any())
            ReadLaggingState(Folder, model);
    }

    /// <summary>The same for a model whose vocabularies have grown since; new rows keep their initial values.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadGrown(TrainableModel model, RowMap rows, bool optimizer)
    {
        SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights, rows);
        if (optimizer)
            SafeTensors.Read(Path.Combine(Folder, OptimizerFile), model.Device, model.OptimizerStates, rows);
        model.Step = Manifest.Position.Step;
    }

    /// <summary>Copies only the weights that both models have: those of a factorization machine into an FNN.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadShared(TrainableModel model, RowMap rows) => SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights, rows, shared: true);

    private static void Verify(string folder, string name, FileDigest expected)
    {
        string path = Path.GetFullPath(Path.Combine(folder, name));
        if (!path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw GpuCtrException.DataError($"{folder}: '{name}' is outside the checkpoint; use another one");
        FileInfo file = new(path);
        if (!file.Exists || file.Length != expected.Bytes)
            throw GpuCtrException.DataError($"{path}: {(file.Exists ? $"{file.Length} bytes" : "missing")}, expected {expected.Bytes} bytes; use another checkpoint");
        if (FileDigest.Of(path).Xxh3 != expected.Xxh3)
            throw GpuCtrException.DataError($"{path}: damaged: its content does not match its hash; use another checkpoint");
    }
}

using System.IO.Hashing;
using System.Text.Json;
using GpuCtr.Engine.Commands;
using GpuCtr.Engine.Data;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Engine.Checkpoints;

/// <summary>A checkpoint folder: weights and optimizer state, features, manifest. Self-contained: it can be copied anywhere.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Manifest">What it holds.</param>
internal sealed record Checkpoint(string Folder, CheckpointManifest Manifest)
{
    /// <summary>The file that makes a folder a checkpoint.</summary>
    public const string ManifestFile = "manifest.json";

    private const string WeightsFile = "model.safetensors", OptimizerFile = "optimizer.safetensors";

    /// <summary>Writes a checkpoint beside its place and moves it there in one step: it is there as a whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static Checkpoint Write(string folder, CtrModel model, FeatureEncoder encoder, TrainingPosition position, CheckpointMetrics? valid, int batchSize)
    {
        string parent = Path.GetDirectoryName(folder)!, temporary = Path.Combine(parent, $".{Path.GetFileName(folder)}.tmp");
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        try
        {
            return WriteAt(temporary, folder, model, encoder, position, valid, batchSize);
        }
        finally
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
        }
    }

    private static Checkpoint WriteAt(string temporary, string folder, CtrModel model, FeatureEncoder encoder, TrainingPosition position, CheckpointMetrics? valid, int batchSize)
    {
        Directory.CreateDirectory(temporary);
        SafeTensors.Write(Path.Combine(temporary, WeightsFile), model.Device, model.Weights);
        SafeTensors.Write(Path.Combine(temporary, OptimizerFile), model.Device, model.OptimizerStates);
        encoder.Save(temporary);
        CheckpointManifest manifest = new(
            CheckpointManifest.CurrentFormat, HelpText.Version, position, valid, batchSize, model.Options, encoder.Spec, Digests(temporary));
        WriteThrough(Path.Combine(temporary, ManifestFile), JsonText.Indented(manifest) + "\n");
        Directory.Move(temporary, folder);
        return new Checkpoint(folder, manifest);
    }

    /// <summary>Reads the manifest of a checkpoint and checks every file against it.</summary>
    /// <exception cref="Failure">Data: damaged or of another format. InputOutput: unreadable.</exception>
    public static Checkpoint Open(string folder)
    {
        string path = Path.Combine(folder, ManifestFile);
        try
        {
            CheckpointManifest manifest = JsonText.Parse<CheckpointManifest>(File.ReadAllText(path));
            if (manifest.Format != CheckpointManifest.CurrentFormat)
                throw Failure.BadData($"{path}: format {manifest.Format}, this version reads {CheckpointManifest.CurrentFormat}; use the version that wrote it ({manifest.Version})");
            foreach ((string name, FileDigest expected) in manifest.Files)
                Verify(folder, name, expected);
            return new Checkpoint(folder, manifest);
        }
        catch (JsonException e)
        {
            throw Failure.BadData($"{path}: damaged ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failure.BadData($"{folder}: incomplete ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure.BadAccess($"{folder}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>How values are encoded for this model.</summary>
    /// <exception cref="Failure">Data: damaged, or not the features of this model.</exception>
    public FeatureEncoder LoadEncoder()
    {
        FeatureEncoder encoder = FeatureEncoder.Load(Folder);
        return JsonText.Line(encoder.Spec) == JsonText.Line(Manifest.Spec)
            ? encoder
            : throw Failure.BadData($"{Folder}: its features are not those of its model; use another checkpoint");
    }

    /// <summary>Puts the weights into a model of the same options.</summary>
    /// <exception cref="Failure">Data: damaged.</exception>
    public void LoadWeights(CtrModel model) => SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights);

    /// <summary>A model with the weights, for prediction alone.</summary>
    /// <exception cref="Failure">Data: damaged.</exception>
    public FrozenModel LoadFrozen(Device device, FeatureSpec spec, int batchSize)
    {
        FrozenModel model = new(device, spec, Manifest.Model, batchSize);
        SafeTensors.Read(Path.Combine(Folder, WeightsFile), device, model.Weights);
        return model;
    }

    /// <summary>Puts weights, optimizer state and step count into a model of the same options.</summary>
    /// <exception cref="Failure">Data: damaged.</exception>
    public void LoadAll(CtrModel model)
    {
        LoadWeights(model);
        SafeTensors.Read(Path.Combine(Folder, OptimizerFile), model.Device, model.OptimizerStates);
        model.Step = Manifest.Position.Step;
    }

    /// <summary>Writes a small file and waits until the disk has it.</summary>
    internal static void WriteThrough(string path, string text)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }

    private static Dictionary<string, FileDigest> Digests(string folder) => Directory
        .GetFiles(folder, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), path => new FileDigest(new FileInfo(path).Length, Hash(path)));

    private static void Verify(string folder, string name, FileDigest expected)
    {
        string path = Path.GetFullPath(Path.Combine(folder, name));
        if (!path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw Failure.BadData($"{folder}: '{name}' is outside the checkpoint; use another one");
        FileInfo file = new(path);
        if (!file.Exists || file.Length != expected.Bytes)
            throw Failure.BadData($"{path}: {(file.Exists ? $"{file.Length} bytes" : "missing")}, expected {expected.Bytes} bytes; use another checkpoint");
        if (Hash(path) != expected.Xxh3)
            throw Failure.BadData($"{path}: damaged, its bytes are not those that were written; use another checkpoint");
    }

    private static string Hash(string path)
    {
        using FileStream file = File.OpenRead(path);
        XxHash3 hash = new();
        hash.Append(file);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

using System.Text;
using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Models;

namespace GpuCtr.Training.Checkpoints;

/// <content>Opening: every byte is checked before anything is built from it.</content>
internal sealed partial record Checkpoint
{
    private const int ManifestLimitBytes = 16 << 20;

    /// <summary>Loads from a checkpoint; if a running training removes it in the meantime, from the newer one that replaced it.</summary>
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
    public static Checkpoint Open(string folder) => Open(folder, WeightsFile, OptimizerFile, FeatureEncoder.StateFile);

    /// <summary>The same for a checkpoint written by <see cref="WriteForPrediction"/>.</summary>
    /// <exception cref="GpuCtrException">Data: damaged or of another format. InputOutput: unreadable.</exception>
    public static Checkpoint OpenForPrediction(string folder) => Open(folder, WeightsFile, FeatureEncoder.StateFile);

    private static Checkpoint Open(string folder, params string[] needed)
    {
        string path = Path.Combine(folder, ManifestFile);
        try
        {
            CheckpointManifest manifest = CheckpointJson.Manifest(ReadManifest(path));
            if (manifest.Format is < 1 or > CheckpointManifest.CurrentFormat)
                throw GpuCtrException.DataError(new DataPlace(path), $"format {manifest.Format}, this version reads formats 1 to {CheckpointManifest.CurrentFormat}; use the version that wrote it ({manifest.Version}) or a later one");
            if (manifest.Format > 1 && !File.Exists(Path.Combine(folder, ManifestDigestFile)))
                throw GpuCtrException.DataError(new DataPlace(folder), $"incomplete ({ManifestDigestFile} is missing); use another checkpoint");
            if (ManifestCheck.FaultOf(manifest, needed) is { } fault)
                throw GpuCtrException.DataError(new DataPlace(path), $"damaged: {fault}; use another checkpoint");
            foreach ((string name, FileDigest expected) in manifest.Files)
                Verify(folder, name, expected);
            return new Checkpoint(folder, manifest);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"damaged ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.DataError(new DataPlace(folder), $"incomplete ({e.Message}); use another checkpoint", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(folder), $"cannot be read ({e.Message})", e);
        }
    }

    /// <summary>What a checkpoint predicts, and whether its rows can be grouped: enough to refuse flags before anything is opened. Nothing is verified.</summary>
    /// <param name="path">A run folder, a pointer or a checkpoint folder.</param>
    /// <returns>Null if it is unknown; opening the checkpoint then says why.</returns>
    public static (ModelOptions Model, bool HasGroups)? Glance(string path)
    {
        string folder = RunFolder.Resolve(path);
        try
        {
            ModelOptions model = CheckpointJson.Manifest(ReadManifest(Path.Combine(folder, ManifestFile))).Model;
            using JsonDocument features = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, FeatureEncoder.StateFile)));
            return (model, features.RootElement.GetProperty("group").ValueKind == JsonValueKind.String);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or GpuCtrException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Format 1 has no digest of the manifest itself.</summary>
    private static string ReadManifest(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > ManifestLimitBytes)
            throw GpuCtrException.DataError(new DataPlace(path), $"{bytes} bytes, a manifest has at most {ManifestLimitBytes}; use another checkpoint");
        byte[] text = File.ReadAllBytes(path);
        string digest = Path.Combine(Path.GetDirectoryName(path)!, ManifestDigestFile);
        if (File.Exists(digest) && File.ReadAllText(digest).Trim() != FileDigest.Of(text).Xxh3)
            throw GpuCtrException.DataError(new DataPlace(path), "damaged: its content does not match its hash; use another checkpoint");
        return Encoding.UTF8.GetString(text);
    }

    private static void Verify(string folder, string name, FileDigest expected)
    {
        string path = Path.GetFullPath(Path.Combine(folder, name));
        if (!path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw GpuCtrException.DataError(new DataPlace(folder), $"'{name}' is outside the checkpoint; use another one");
        FileInfo file = new(path);
        if (!file.Exists || file.Length != expected.Bytes)
            throw GpuCtrException.DataError(new DataPlace(path), $"{(file.Exists ? $"{file.Length} bytes" : "missing")}, expected {expected.Bytes} bytes; use another checkpoint");
        if (FileDigest.Of(path).Xxh3 != expected.Xxh3)
            throw GpuCtrException.DataError(new DataPlace(path), "damaged: its content does not match its hash; use another checkpoint");
    }
}

using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Screens;

namespace GpuCtr.Training.Export;

/// <summary>Writes a trained model for other runtimes, and the files that map raw values to its inputs.</summary>
internal static class ModelExport
{
    /// <summary>Writes all files, or none.</summary>
    /// <param name="options">What is written, and where.</param>
    /// <param name="screen">Told what was written.</param>
    /// <param name="stop">Ends it before the files take their places.</param>
    /// <exception cref="GpuCtrException">Usage: no model, existing files. Data: a damaged model. InputOutput: the files cannot be written.</exception>
    public static ExportResult Write(ExportOptions options, IScreen screen, CancellationToken stop)
    {
        OptionCheck.Check(options);
        RunFolder.Require(options.Model, "export");
        string format = options.Format, given = options.Out ?? $"model.{format}";
        string path = Path.GetFullPath(given), features = Path.ChangeExtension(path, ".features");
        foreach (string there in new[] { path, path + OnnxFile.DataSuffix, Path.Combine(features, FeatureEncoder.StateFile) }.Where(p => Path.Exists(p) && !options.Overwrite))
            throw GpuCtrException.UsageError($"{there}: already exists; choose another --out, or add --overwrite");
        using Device device = Device.Open("cpu", threads: 1);
        (Checkpoint checkpoint, FeatureEncoder encoder, FrozenModel loaded) = Checkpoint.Load(options.Model!, c => Load(c, device));
        using FrozenModel model = loaded;
        using IRowVectors? vectors = encoder.RowVectors;
        OutputPath.RefuseInputs("--out", [path, path + OnnxFile.DataSuffix, features], RunFolder.ReadWith(checkpoint.Folder));
        RenamedParts? renamed = null;
        try
        {
            using ExportFolder parts = new(path);
            encoder.Save(parts.File(features));
            if (format == "onnx")
                renamed = OnnxFile.Write(parts.File(path), model, encoder, Encodings(parts.File(features), encoder));
            else
                PyTorchFile.Write(parts.File(path), model);
            stop.ThrowIfCancellationRequested();
            parts.Complete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"--out {given}: cannot be written ({e.Message}); {Disk.Space(model.Weights.Sum(t => t.Bytes), Path.GetDirectoryName(path)!)}; check space and permissions", e);
        }

        ExportResult result = new(
            given, File.Exists(path + OnnxFile.DataSuffix) ? given + OnnxFile.DataSuffix : null, Path.ChangeExtension(given, ".features"),
            new FileInfo(path).Length, format, model.Options.Model, checkpoint.Manifest.Position.Step, renamed is { Any: true } ? renamed : null);
        screen.Line($"{result.Model}, step {result.Step}: {given}; mapping of raw values to its inputs: {result.Features}");
        foreach (string note in renamed is null ? [] : NotesOf(renamed))
            screen.Line($"note: {note}, because a column has the usual name or ONNX does not allow it");
        return result;
    }

    private static (Checkpoint, FeatureEncoder, FrozenModel) Load(Checkpoint checkpoint, Device device)
    {
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        return (checkpoint, encoder, checkpoint.LoadFrozen(device, encoder.Spec, batchSize: 1));
    }

    /// <summary>features.json of the model, and of the one that makes vectors of rows.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Encodings(string folder, FeatureEncoder encoder)
    {
        KeyValuePair<string, string> Read(string name, string from) => new(name, File.ReadAllText(Path.Combine(from, FeatureEncoder.StateFile)));
        return [Read("features", folder), .. encoder.RowVectors is { } vectors ? [Read(vectors.Name, Path.Combine(folder, FeatureEncoder.RowVectorsFolder))] : Array.Empty<KeyValuePair<string, string>>()];
    }

    private static IEnumerable<string> NotesOf(RenamedParts r) =>
    [
        .. r.Columns.Select(c => $"column '{c.Key}' is input '{c.Value}'"), .. r.Masks.Select(m => $"the mask of '{m.Key}' is input '{m.Value}'"),
        .. r.Outputs.Select(o => $"output '{o.Key}' is '{o.Value}'"),
    ];
}

using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Export;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>export</c>.</summary>
internal sealed record ExportOptions
{
    /// <summary>The model.</summary>
    [Options]
    public ModelSource Source { get; init; } = new();

    /// <summary>The format.</summary>
    [Option("ONNX (opset 17) or safetensors with PyTorch's names and shapes", Words = "onnx|safetensors")]
    public string Format { get; init; } = "onnx";

    /// <summary>The file.</summary>
    [Option("the file (default: model.onnx or model.safetensors)", Value = "FILE")]
    public string? Out { get; init; }

    /// <summary>Replaces files.</summary>
    [Option("replace existing files")]
    public bool Overwrite { get; init; }

    /// <summary>JSON on standard output.</summary>
    [Option("what was written as one line of JSON on standard output")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>export --model RUN --format F --out FILE</c></summary>
internal static class ExportCommand
{
    /// <summary>The verb.</summary>
    public static Verb<ExportOptions> Verb { get; } = new(
        "export", "writes a trained model for other runtimes, and the files that map raw values to its inputs",
        ["gpu-ctr export --model runs/first --format onnx --out model.onnx", "gpu-ctr export --model runs/first/last --format safetensors --out model.safetensors"],
        Execute)
    { Values = null };

    private sealed record Result(string Out, string? Data, string Features, long Bytes, string Format, string Model, int Step, RenamedParts? Renamed);

    private static ExitCode Execute(ExportOptions options, Arguments arguments, Terminal terminal)
    {
        options.Source.Check(Verb.Name);
        string format = options.Format, given = options.Out ?? $"model.{format}";
        string path = Path.GetFullPath(given), features = Path.ChangeExtension(path, ".features");
        foreach (string there in new[] { path, path + OnnxFile.DataSuffix, Path.Combine(features, FeatureEncoder.StateFile) }.Where(p => Path.Exists(p) && !options.Overwrite))
            throw GpuCtrException.UsageError($"{there}: already exists; choose another --out, or add --overwrite");
        using Device device = Device.Open("cpu", threads: 1);
        (Checkpoint checkpoint, FeatureEncoder encoder, FrozenModel loaded) = options.Source.Load(c => Load(c, device));
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
            parts.Complete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"--out {given}: cannot be written ({e.Message}); {Disk.Space(model.Weights.Sum(t => t.Bytes), Path.GetDirectoryName(path)!)}; check space and permissions", e);
        }
        Result result = new(
            given, File.Exists(path + OnnxFile.DataSuffix) ? given + OnnxFile.DataSuffix : null, Path.ChangeExtension(given, ".features"),
            new FileInfo(path).Length, format, model.Options.Model, checkpoint.Manifest.Position.Step, renamed is { Any: true } ? renamed : null);
        terminal.Error.Line($"{result.Model}, step {result.Step}: {given}; mapping of raw values to its inputs: {result.Features}");
        foreach (string note in renamed is null ? [] : NotesOf(renamed))
            terminal.Error.Line($"note: {note}, because a column has the usual name or ONNX does not allow it");
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(result));
        return ExitCode.Done;
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

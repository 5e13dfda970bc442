using GpuCtr.Models;
using GpuCtr.Training.Export;

namespace GpuCtr.Training;

/// <summary>Options of an export; everything but the model has a default.</summary>
public sealed record ExportOptions
{
    /// <summary>The trained model: a run folder (its best checkpoint), its best or last, or a checkpoint folder.</summary>
    [Option("a run folder (its best checkpoint), its best or last, or a checkpoint folder", Value = "RUN")]
    public string? Model { get; init; }

    /// <summary>The format: "onnx" (opset 17) or "safetensors", with PyTorch's names and shapes.</summary>
    [Option("ONNX (opset 17) or safetensors with PyTorch's names and shapes", Words = "onnx|safetensors")]
    public string Format { get; init; } = "onnx";

    /// <summary>The file; null = model.onnx or model.safetensors in the current folder.</summary>
    [Option("the file (default: model.onnx or model.safetensors)", Value = "FILE")]
    public string? Out { get; init; }

    /// <summary>Replaces files.</summary>
    [Option("replace existing files")]
    public bool Overwrite { get; init; }
}

/// <summary>What an export wrote.</summary>
/// <param name="Out">The file of the model.</param>
/// <param name="Data">The second file with weights, if they exceed the size limit of ONNX; null otherwise.</param>
/// <param name="Features">The folder with the files that map raw values to its inputs.</param>
/// <param name="Bytes">Size of the file of the model.</param>
/// <param name="Format">Its format.</param>
/// <param name="Model">Its architecture.</param>
/// <param name="Step">Steps that it was trained for.</param>
/// <param name="Renamed">Inputs and outputs with other names than usual; null if there are none.</param>
public sealed record ExportResult(string Out, string? Data, string Features, long Bytes, string Format, string Model, int Step, RenamedParts? Renamed);

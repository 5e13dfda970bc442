using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Export;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>export</c>.</summary>
internal sealed record ExportCommandOptions
{
    /// <summary>What is written.</summary>
    [Options]
    public ExportOptions Export { get; init; } = new();

    /// <summary>JSON on standard output.</summary>
    [Option("print what was written as one line of JSON on standard output")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>export --model RUN --format F --out FILE</c></summary>
internal static class ExportCommand
{
    /// <summary>The verb.</summary>
    public static Verb<ExportCommandOptions> Verb { get; } = new(
        "export", "writes a trained model for other runtimes, and the files that map raw values to its inputs",
        ["gpu-ctr export --model runs/first --format onnx --out model.onnx", "gpu-ctr export --model runs/first/last --format safetensors --out model.safetensors"],
        Execute)
    { Values = null };

    private static ExitCode Execute(ExportCommandOptions options, Arguments arguments, Terminal terminal)
    {
        ExportResult result = ModelExport.Write(options.Export, terminal.Error, CancellationToken.None);
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(result));
        return ExitCode.Done;
    }
}

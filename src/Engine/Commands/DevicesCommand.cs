using System.Globalization;
using System.Text.Json.Nodes;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>devices</c>.</summary>
internal sealed record DevicesOptions
{
    /// <summary>JSON on standard output.</summary>
    [Option("print one line of JSON instead")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>devices</c></summary>
internal static class DevicesCommand
{
    /// <summary>The verb.</summary>
    public static Verb<DevicesOptions> Verb { get; } = new(
        "devices", "lists every accelerator found, with its memory, and the reasons why others are missing",
        ["gpu-ctr devices"],
        Execute)
    { Values = null };

    private static string[] Row(DeviceEntry e) =>
        e.Spec.Length > 0 ? [e.Spec, e.Name, string.Create(CultureInfo.InvariantCulture, $"{e.MemoryBytes / 1e9:F1} GB"), e.Note] : ["–", "", "", e.Note];

    private static ExitCode Execute(DevicesOptions options, Arguments arguments, Terminal terminal)
    {
        IReadOnlyList<DeviceEntry> entries = DeviceCatalog.List();
        if (DeviceCatalog.PassedOver() is { } reason)
            terminal.Error.Line(reason);
        if (options.Json)
        {
            JsonNode[] found = [.. entries.Where(e => e.Spec.Length > 0).Select(e => new JsonObject { ["device"] = e.Spec, ["name"] = e.Name, ["memory_bytes"] = e.MemoryBytes, ["note"] = e.Note })];
            JsonNode[] missing = [.. entries.Where(e => e.Spec.Length == 0).Select(e => new JsonObject { ["kind"] = e.Name, ["note"] = e.Note })];
            terminal.Out.WriteLine(new JsonObject { ["devices"] = new JsonArray(found), ["missing"] = new JsonArray(missing) }.ToJsonString());
            return ExitCode.Done;
        }

        terminal.Screen.Table([["device", "name", "memory", "note"], .. entries.Select(Row)]);
        return ExitCode.Done;
    }
}

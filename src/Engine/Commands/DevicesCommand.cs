using System.Globalization;
using System.Text.Json.Nodes;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Engine.Commands;

/// <summary><c>devices</c></summary>
internal static class DevicesCommand
{
    /// <summary>The verb.</summary>
    public static Verb Verb { get; } = new(
        "devices", "lists every accelerator found, with its memory, and why an expected one is missing", false,
        [
            new("--json", "", "", "one line of JSON instead", FlagArity.Switch),
            new("--verbose", "", "", "stacks with errors", FlagArity.Switch),
        ],
        ["gpu-ctr devices"],
        Execute);

    private static string[] Row(DeviceEntry e) =>
        e.Spec.Length > 0 ? [e.Spec, e.Name, string.Create(CultureInfo.InvariantCulture, $"{e.MemoryBytes / 1e9:F1} GB"), e.Note] : ["–", "", "", e.Note];

    private static ExitCode Execute(FlagValues flags, Terminal terminal)
    {
        IReadOnlyList<DeviceEntry> entries = DeviceCatalog.List();
        if (flags.IsOn("--json"))
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

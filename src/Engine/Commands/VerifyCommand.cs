using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;

namespace GpuCtr.Engine.Commands;

/// <summary><c>verify</c>: the table of op cases on this machine's device.</summary>
internal static class VerifyCommand
{
    /// <summary>The verb.</summary>
    public static Verb Verb { get; } = new(
        "verify", "checks every kernel on this machine's device against float64 references and finite differences", false,
        [
            .. DeviceFlags.All,
            new("--only", "TEXT", "", "only the cases whose name contains this"),
            new("--json", "", "", "one line of JSON instead", FlagArity.Switch),
            new("--verbose", "", "", "stacks with errors", FlagArity.Switch),
        ],
        ["gpu-ctr verify --device cuda", "gpu-ctr verify --device cpu --kernels portable --only attention"],
        Execute);

    private sealed record Result(string Device, int Cases, IReadOnlyList<string> Problems);

    private static ExitCode Execute(FlagValues flags, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        using Device device = DeviceFlags.Open(flags);
        OpCase[] cases = [.. OpTable.Cases.Where(c => c.AppliesTo(device) && c.ToString().Contains(flags.Text("--only"), StringComparison.OrdinalIgnoreCase))];
        if (cases.Length == 0)
            throw GpuCtrException.UsageError($"--only {flags.Text("--only")}: no case has this in its name");
        List<string> problems = [];
        foreach (OpCase c in cases)
        {
            if (shutdown.IsRequested)
                throw new GpuCtrException(ErrorKind.Interrupted, $"interrupted; {problems.Count} cases had failed");
            if (OpCheck.Run(c, device) is not { } problem)
                continue;
            problems.Add(problem);
            if (!flags.IsOn("--json"))
                terminal.Screen.Line(problem);
        }
        if (flags.IsOn("--json"))
            terminal.Out.WriteLine(JsonText.Line(new Result($"{device}", cases.Length, problems)));
        else
            terminal.Screen.Line($"{device}: {cases.Length - problems.Count} of {cases.Length} cases agree with their references");
        return problems.Count == 0 ? ExitCode.Done : throw new GpuCtrException(ErrorKind.Device, $"{problems.Count} of {cases.Length} cases failed on {device}; do not train on it");
    }
}

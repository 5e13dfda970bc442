using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>verify</c>.</summary>
internal sealed record VerifyOptions
{
    /// <summary>Where it runs.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>Which cases.</summary>
    [Option("only the cases whose name contains this", Value = "TEXT")]
    public string Only { get; init; } = "";

    /// <summary>JSON on standard output.</summary>
    [Option("print one line of JSON instead")]
    public bool Json { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>verify</c>: the table of op cases on this machine's device.</summary>
internal static class VerifyCommand
{
    /// <summary>The verb.</summary>
    public static Verb<VerifyOptions> Verb { get; } = new(
        "verify", "checks every kernel on this machine's device against float64 references and finite differences",
        ["gpu-ctr verify --device cuda", "gpu-ctr verify --device cpu --kernels portable --only attention"],
        Execute)
    { Values = null };

    private sealed record Result(string Device, int Cases, IReadOnlyList<string> Problems);

    private static ExitCode Execute(VerifyOptions options, Arguments arguments, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        OpCase[] named = [.. OpTable.Cases.Where(c => c.ToString().Contains(options.Only, StringComparison.OrdinalIgnoreCase))];
        if (named.Length == 0)
            throw GpuCtrException.UsageError($"--only {options.Only}: no case name contains this");
        using Device device = options.Device.Open();
        if (device.Note is { } note)
            terminal.Error.Line(note);
        OpCase[] cases = [.. named.Where(c => c.AppliesTo(device))];
        int failed = 0;
        OpSweep sweep = OpSweep.Run(cases, device, Before, problem =>
        {
            failed++;
            if (!options.Json)
                terminal.Screen.Line(problem);
        });
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(new Result($"{device}", cases.Length, sweep.End is null ? sweep.Problems : [.. sweep.Problems, sweep.End])));
        else
            terminal.Screen.Line($"{device}: {sweep.Agreed} of {cases.Length} cases agree with their references");
        if (failed == 0)
            return ExitCode.Done;
        throw new GpuCtrException(ErrorKind.Device, $"{(sweep.End is null ? "" : $"{sweep.End}; ")}{failed} of {cases.Length} cases failed on {device}; do not train on it");

        void Before()
        {
            if (shutdown.IsRequested)
                throw new GpuCtrException(ErrorKind.Interrupted, $"interrupted; {failed} cases had failed");
        }
    }
}

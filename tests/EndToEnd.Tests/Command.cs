using System.Diagnostics;
using GpuCtr.Data.Features;
using GpuCtr.Engine;

namespace GpuCtr.EndToEnd.Tests;

/// <summary>Runs programs.</summary>
internal static class Command
{
    // Long enough for any machine: it only ends what would hang.
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(30);

    /// <summary>The dotnet that runs these tests.</summary>
    public static string DotNet { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? Environment.ProcessPath! : "dotnet";

    /// <summary>Runs a program to its end and returns its standard output; fails the test with all it said if it does not exit with 0.</summary>
    public static string Run(string folder, string program, params string[] args)
    {
        using Process process = Start(folder, program, args);
        Task<string> stdout = process.StandardOutput.ReadToEndAsync(), stderr = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', args)}: still running after {limit}\n{stdout.Result}\n{stderr.Result}");
        }
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', args)}: exit {process.ExitCode}\n{stdout.Result}\n{stderr.Result}");
        return stdout.Result;
    }

    /// <summary>Starts a program whose output is read by the caller.</summary>
    public static Process Start(string folder, string program, params string[] args)
    {
        ProcessStartInfo start = new(program, args) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // The test host sets variables for itself that would change what other programs of .NET do.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Path.GetFullPath(DotNet));
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["GPU_CTR_CACHE"] = "off";
        return Process.Start(start)!;
    }
}

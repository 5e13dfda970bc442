using System.ComponentModel;
using System.Diagnostics;

namespace GpuCtr.Tests;

/// <summary>A program that a test starts. It hears no keyboard, obeys signals, and does not outlive the test, also when that fails.</summary>
public sealed class ChildProcess : IDisposable
{
    // Tests started in the background of a script ignore SIGINT, which child processes inherit; these processes must handle it.
    private static readonly Lazy<string[]> obedient = new(() => Works(["env", "--default-signal=INT,TERM", "true"], []) ? ["env", "--default-signal=INT,TERM"] : []);

    private readonly Process process;
    private readonly string line;

    private ChildProcess(string folder, string[] line, string[] before)
    {
        this.line = string.Join(' ', line);
        line = [.. before, .. line];
        ProcessStartInfo start = new(line[0], line[1..]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // The test host sets variables for itself that would change what other programs of .NET do.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        if (Path.IsPathRooted(DotNet))
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(DotNet);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = start.Environment["DOTNET_NOLOGO"] = start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["GPU_CTR_CACHE"] = "off";
        // As in the tests themselves: what runs for a second is compiled quickly, loops too, and not a second time by what was counted.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_QuickJitForLoops"] = "1";
        process = Process.Start(start)!;
        process.StandardInput.Close();
    }

    /// <summary>The dotnet that runs these tests.</summary>
    public static string DotNet { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? Environment.ProcessPath! : "dotnet";

    /// <summary>Its number.</summary>
    public int Id => process.Id;

    /// <summary>What it writes.</summary>
    public StreamReader Out => process.StandardOutput;

    /// <summary>What it writes to standard error.</summary>
    public StreamReader Error => process.StandardError;

    /// <summary>Starts a program with its arguments.</summary>
    public static ChildProcess Start(params string[] line) => StartIn(Environment.CurrentDirectory, line);

    /// <summary>The same in a folder.</summary>
    public static ChildProcess StartIn(string folder, params string[] line) => new(folder, line, obedient.Value);

    /// <summary>Runs a program to its end.</summary>
    public static CommandOutcome Run(params string[] line) => RunIn(Environment.CurrentDirectory, line);

    /// <summary>The same in a folder.</summary>
    public static CommandOutcome RunIn(string folder, params string[] line)
    {
        using ChildProcess child = StartIn(folder, line);
        return child.End();
    }

    /// <summary>Whether a program is there and ends well.</summary>
    public static bool Works(params string[] line) => Works(line, obedient.Value);

    /// <summary>The first of these programs on the path; null if there is none.</summary>
    public static string? Find(params string[] programs) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).SelectMany(folder => programs.Select(p => Path.Combine(folder, p))).FirstOrDefault(File.Exists);

    /// <summary>Sends a signal to any process.</summary>
    public static void Signal(int id, string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        Run("kill", $"-{signal}", $"{id}").Succeeded();
    }

    /// <summary>Sends it a signal and waits for its end.</summary>
    public CommandOutcome Stop(string signal)
    {
        if (!process.HasExited)
            Signal(Id, signal);
        return End();
    }

    /// <summary>Waits for its end.</summary>
    public CommandOutcome End()
    {
        Task<string> stdout = Out.ReadToEndAsync(), stderr = Error.ReadToEndAsync();
        Assert.True(process.WaitForExit(Patience.Limit), $"{line}: still running after {Patience.Limit}");
        return new(process.ExitCode, stdout.Result, stderr.Result);
    }

    /// <summary>Waits a while; true when it has ended.</summary>
    public bool Ended(int milliseconds) => process.WaitForExit(milliseconds);

    /// <summary>Waits until a condition holds; fails the test if the process ends before.</summary>
    public void WaitFor(Func<bool> condition)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.False(process.HasExited, process.HasExited ? $"{line}: {Error.ReadToEnd()}" : "");
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience.Limit, $"{line}: waited {Patience.Limit}");
            Thread.Sleep(20);
        }
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static bool Works(string[] line, string[] before)
    {
        try
        {
            using ChildProcess child = new(Environment.CurrentDirectory, line, before);
            return child.End().Code == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

using System.Diagnostics;
using GpuCtr.Engine;

namespace GpuCtr.Bench.Box;

/// <summary>A command, run to its end or to a time limit, with its output.</summary>
/// <param name="Command">The command line.</param>
/// <param name="Code">Exit code; null: not started, or ended by the time limit.</param>
/// <param name="Output">Standard output, by line.</param>
/// <param name="Error">Standard error, by line.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record ChildProcess(string Command, int? Code, IReadOnlyList<string> Output, IReadOnlyList<string> Error, double Seconds)
{
    /// <summary>It ended by itself with code 0.</summary>
    public bool Succeeded => Code == 0;

    public static ChildProcess Run(TimeSpan limit, string program, params string[] arguments)
    {
        string command = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
        long start = Stopwatch.GetTimestamp();
        List<string> output = [], error = [];
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task read = Task.WhenAll(Read(process.StandardOutput, output), Read(process.StandardError, error));
            bool ended = process.WaitForExit(limit);
            if (!ended)
                process.Kill(entireProcessTree: true);
            read.Wait(TimeSpan.FromSeconds(5));
            return new(command, ended ? process.ExitCode : null, Copy(output), Copy(error), Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            return new(command, null, [], [e.Message], Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    private static async Task Read(StreamReader from, List<string> to)
    {
        while (await from.ReadLineAsync() is { } line)
            lock (to)
                to.Add(line);
    }

    private static string[] Copy(List<string> lines)
    {
        lock (lines)
            return [.. lines];
    }
}

namespace GpuCtr.Engine.Tests.Faults;

/// <summary>Runs gpu-ctr under strace, which makes system calls fail, wait, or kill the process.</summary>
internal static class Strace
{
    private static readonly Lazy<bool> works = new(() => OperatingSystem.IsLinux() && ChildProcess.Works("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"));

    /// <summary>Starts a process in which the <paramref name="when"/>-th <paramref name="call"/> has a fault injected; skips where that cannot be done.</summary>
    /// <param name="call">Name of the system call.</param>
    /// <param name="fault">signal=KILL, error=EIO, delay_enter=microseconds.</param>
    /// <param name="when">Which call, from 1; 1+ = all.</param>
    /// <param name="args">Arguments of gpu-ctr.</param>
    public static ChildProcess Start(string call, string fault, string when, params string[] args)
    {
        Skip.IfNot(works.Value, "strace is absent or may not trace here; `apt-get install strace` gives it");
        // The filter that stops at the named calls only is faster; strace 6.1 forgets signals with it.
        string[] filter = fault.StartsWith("signal", StringComparison.Ordinal) ? [] : ["--seccomp-bpf"];
        return ChildProcess.Start(["strace", .. filter, "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:{fault}:when={when}", .. TrainProcess.Words, .. NamedSteps.In(args)]);
    }

    /// <summary>The same to its end.</summary>
    public static CommandOutcome Run(string call, string fault, int when, params string[] args)
    {
        using ChildProcess process = Start(call, fault, $"{when}", args);
        return process.End();
    }
}

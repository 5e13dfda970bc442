using System.Text.RegularExpressions;
using GpuCtr.Engine;

namespace GpuCtr.Tests;

/// <summary>Runs command lines in this process.</summary>
public static partial class CommandRunner
{
    /// <summary>Runs it; a training run without options for steps gets few (<see cref="NamedSteps"/>).</summary>
    public static CommandOutcome Run(params string[] args) => RunAsTyped(NamedSteps.In(args));

    /// <summary>Runs it with the defaults that a user gets.</summary>
    public static CommandOutcome RunAsTyped(params string[] args)
    {
        using StringWriter stdout = new(), stderr = new();
        int code = Program.Run(args, stdout, stderr);
        return new CommandOutcome(code, stdout.ToString(), stderr.ToString());
    }

    /// <inheritdoc cref="CommandOutcome.FailedWith"/>
    public static CommandOutcome FailedWith(this CommandOutcome outcome, ExitCode code, params string[] fragments) => outcome.FailedWith((int)code, fragments);

    /// <inheritdoc cref="CommandOutcome.FailedWith"/>
    public static CommandOutcome FailedWith(this CommandOutcome outcome, ErrorKind kind, params string[] fragments) => outcome.FailedWith((int)kind, fragments);

    /// <summary>The smallest --memory with which a command can run, from its error message.</summary>
    public static string LeastMemory(params string[] args) =>
        Least().Match(Run([.. args, "--memory", "1KB"]).FailedWith(ExitCode.Usage, "--memory 1KB is too little").ErrorLine).Groups[1].Value;

    [GeneratedRegex("--memory ([0-9]+KB)$")]
    private static partial Regex Least();
}

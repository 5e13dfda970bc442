using System.Text.RegularExpressions;
using GpuCtr.Engine;

namespace GpuCtr.Tests;

/// <summary>What a command line did.</summary>
public sealed record CommandOutcome(int Code, string Out, string Error)
{
    /// <summary>The one line that says what went wrong.</summary>
    public string ErrorLine => Assert.Single(Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));

    /// <summary>No result, one line, no stack.</summary>
    public CommandOutcome FailedWith(ExitCode code, params string[] fragments)
    {
        Assert.True((int)code == Code, $"exit {Code}, expected {(int)code}:\n{Error}");
        Assert.Equal("", Out);
        Assert.DoesNotContain("   at ", Error);
        foreach (string fragment in fragments)
            Assert.Contains(fragment, ErrorLine);
        return this;
    }

    /// <inheritdoc cref="FailedWith(ExitCode, string[])"/>
    public CommandOutcome FailedWith(ErrorKind kind, params string[] fragments) => FailedWith((ExitCode)kind, fragments);

    public CommandOutcome Succeeded()
    {
        Assert.True(Code == 0, Error);
        return this;
    }
}

/// <summary>Runs command lines in this process.</summary>
public static partial class CommandRunner
{
    public static CommandOutcome Run(params string[] args)
    {
        using StringWriter stdout = new(), stderr = new();
        int code = Program.Run(args, stdout, stderr);
        return new CommandOutcome(code, stdout.ToString(), stderr.ToString());
    }

    /// <summary>The least --memory with which a command can run, as its error message says.</summary>
    public static string LeastMemory(params string[] args) =>
        Least().Match(Run([.. args, "--memory", "1KB"]).FailedWith(ExitCode.Usage, "--memory 1KB is too little").ErrorLine).Groups[1].Value;

    [GeneratedRegex("--memory ([0-9]+KB)$")]
    private static partial Regex Least();
}

namespace GpuCtr.Tests;

/// <summary>What a command line did.</summary>
public sealed record CommandOutcome(int Code, string Out, string Error)
{
    /// <summary>The one line that says what went wrong.</summary>
    public string ErrorLine => Assert.Single(Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));

    /// <summary>No result, one line, no stack.</summary>
    public CommandOutcome FailedWith(int code, params string[] fragments)
    {
        Assert.True(code == Code, $"exit {Code}, expected {code}:\n{Error}");
        Assert.Equal("", Out);
        Assert.DoesNotContain("   at ", Error);
        foreach (string fragment in fragments)
            Assert.True(ErrorLine.Contains(fragment, StringComparison.Ordinal), $"\"{fragment}\" is not in {ErrorLine}");
        return this;
    }

    public CommandOutcome Succeeded()
    {
        Assert.True(Code == 0, $"exit {Code}:\n{Out}\n{Error}");
        return this;
    }
}

namespace GpuCtr.Engine.Tests.Commands;

public sealed class VerifyTests
{
    [Fact]
    public void Verify_checks_the_named_cases_on_the_device()
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(0, Program.Run(["verify", "--device", "cpu", "--only", "dice"], output, error));
        Assert.Contains("cases agree with their references", output.ToString());
        Assert.Empty(error.ToString());
    }

    [Fact]
    public void Verify_without_a_case_of_that_name_is_a_usage_error()
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(2, Program.Run(["verify", "--device", "cpu", "--only", "no such op"], output, error));
        Assert.StartsWith("error: --only no such op", error.ToString());
    }
}

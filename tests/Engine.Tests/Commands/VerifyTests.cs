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

    [Theory]
    [InlineData(6, "auto", "tf32", "compute capability 8.0")]
    [InlineData(6, "portable", "tf32", "--kernels portable")]
    [InlineData(6, "auto", "bf16", "precision bf16 needs an NVIDIA GPU of compute capability 8.0")]
    [InlineData(6, "portable", "bf16", "--kernels portable")]
    [InlineData(2, "auto", "fp64", "--precision")]
    public void Precision_that_a_device_has_not_is_an_error(int code, string kernels, string precision, string message)
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(code, Program.Run(["verify", "--device", "cpu", "--kernels", kernels, "--precision", precision], output, error));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void Verify_without_a_case_of_that_name_is_a_usage_error()
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(2, Program.Run(["verify", "--device", "cpu", "--only", "no such op"], output, error));
        Assert.StartsWith("error: --only no such op", error.ToString());
    }
}

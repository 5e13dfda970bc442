namespace GpuCtr.SoftCuda.Tests;

/// <summary>What the environment asks for.</summary>
[Trait("Speed", "Fast")]
public sealed class MachineSettingsTests
{
    [Fact]
    public void Nothing_asked_for_is_no_machine() => Assert.Null(MachineSettings.From(_ => null));

    [Fact]
    public void Every_variable_is_read()
    {
        Dictionary<string, string> set = new() { ["GPU_CTR_SOFT_CUDA"] = "8.0", ["GPU_CTR_SOFT_CUDA_SEED"] = "17", ["GPU_CTR_SOFT_CUDA_CHECKS"] = "off", ["GPU_CTR_SOFT_CUDA_CONTRACTION"] = "off", ["GPU_CTR_SOFT_CUDA_FINDINGS"] = "f" };
        Assert.Equal(new(Capability.Of("8.0"), 17, Checks: false, Contracts: false, "f"), MachineSettings.From(set.GetValueOrDefault));
        Assert.Equal(new(Capability.Of("12.0")), MachineSettings.From(name => name == "GPU_CTR_SOFT_CUDA" ? "12.0" : null));
    }

    [Theory]
    [InlineData("GPU_CTR_SOFT_CUDA", "9.1", "GPU_CTR_SOFT_CUDA=9.1 is no GPU that can be stood for: there are 7.0, 8.0, 8.9, 9.0, 12.0")]
    [InlineData("GPU_CTR_SOFT_CUDA", "hopper", "GPU_CTR_SOFT_CUDA=hopper is no GPU that can be stood for: there are 7.0, 8.0, 8.9, 9.0, 12.0")]
    [InlineData("GPU_CTR_SOFT_CUDA_SEED", "-1", "GPU_CTR_SOFT_CUDA_SEED=-1 is no number of 0 or more")]
    [InlineData("GPU_CTR_SOFT_CUDA_CHECKS", "no", "GPU_CTR_SOFT_CUDA_CHECKS=no is neither on nor off")]
    [InlineData("GPU_CTR_SOFT_CUDA_CONTRACTION", "1", "GPU_CTR_SOFT_CUDA_CONTRACTION=1 is neither on nor off")]
    public void Value_that_is_not_known_is_one_line(string variable, string value, string message)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => MachineSettings.From(name => name == variable ? value : name == "GPU_CTR_SOFT_CUDA" ? "9.0" : null));
        Assert.Equal(message, e.Message);
    }
}

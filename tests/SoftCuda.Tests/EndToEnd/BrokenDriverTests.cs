using GpuCtr.Kernels.Devices;
using GpuCtr.SoftCuda.Tests.Driver;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>A driver that is installed and does not start: requesting CUDA gives an error, requesting any device gives a note.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed class BrokenDriverTests
{
    private const string Reason = "--device auto passes over the NVIDIA driver: the NVIDIA driver does not start: ";

    [Theory]
    [InlineData(802, "nvidia-fabricmanager")]
    [InlineData(803, "reboot")]
    public void Devices_and_auto_say_in_one_line_why_no_GPU_is_taken(int status, string advice)
    {
        Machine.Install(new(Capability.Of("9.0"), Start: (CudaResult)status));
        string line = Assert.Single(CommandRunner.Run("devices").Succeeded().Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(Reason, line, StringComparison.Ordinal);
        Assert.Contains($"CUDA error {status}: ", line, StringComparison.Ordinal);
        Assert.Contains(advice, line, StringComparison.Ordinal);
        using (Device device = Device.Open("auto"))
            Assert.Equal((true, line), (device.Kind != DeviceKind.Cuda, device.Note));
        Assert.Contains(line, CommandRunner.Run("verify", "--only", "add").Succeeded().Error, StringComparison.Ordinal);
        Assert.Contains(advice, Assert.Throws<DeviceException>(() => Device.Open("cuda")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Driver_that_works_is_not_spoken_of()
    {
        Machine.Install(new(Capability.Of("9.0")));
        Assert.Equal("", CommandRunner.Run("devices").Succeeded().Error);
        using Device device = Device.Open("auto", KernelChoice.Tiled);
        Assert.Equal((DeviceKind.Cuda, null), (device.Kind, device.Note));
    }
}

using GpuCtr.Kernels.Devices;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Tests.Devices;

[Trait("Speed", "Fast")]
public sealed class OpenClSearchTests
{
    [Theory]
    [InlineData(2, "CPU", false)]
    [InlineData(4, "GPU", true)]
    [InlineData(5, "GPU", true)]
    [InlineData(15, "CPU+GPU+ACCELERATOR", false)]
    [InlineData(16, "CUSTOM", false)]
    [InlineData(1, "", false)]
    [InlineData(0, "", false)]
    [InlineData(36, "GPU+type 0x20", false)]
    [InlineData(-1, "CPU+GPU+ACCELERATOR+CUSTOM+type 0xFFFFFFE0", false)]
    public void Every_combination_of_type_flags_has_a_name(long flags, string expected, bool isGpu)
    {
        CLDeviceType type = (CLDeviceType)flags;
        Assert.Equal(expected, type.Describe());
        Assert.Equal(isGpu, type.IsGpu());
    }

    [Theory]
    [InlineData("NVIDIA H100", "NVIDIA H100")]
    [InlineData(" Oclgrind  Simulator\n", "Oclgrind Simulator")]
    [InlineData("a\0b\u001b[31m\tc", "a b [31m c")]
    [InlineData("\0\0", "unnamed")]
    [InlineData("", "unnamed")]
    [InlineData(null, "unnamed")]
    [InlineData("[red]x[/]", "[red]x[/]")]
    public void Name_is_one_line_that_can_be_printed(string? text, string expected) => Assert.Equal(expected, DriverText.Name(text));

    [Fact]
    public void Name_has_an_end_and_whole_characters()
    {
        Assert.Equal(new string('x', 120) + "…", DriverText.Name(new string('x', 100_000)));
        Assert.Equal("x\ufffd", DriverText.Name("x\ud800"));
    }

    [Fact]
    public void Reason_is_the_first_line_that_says_something()
    {
        Assert.Equal("no driver", DriverText.Reason(new TypeInitializationException("X", new DllNotFoundException("\n no driver\r\n at …"))));
        Assert.Equal(nameof(InvalidOperationException), DriverText.Reason(new InvalidOperationException(" \n")));
    }

    [Fact]
    public void Platforms_and_devices_that_fail_are_reported_and_hide_no_other()
    {
        Dictionary<nint, CPUDevice> devices = new nint[] { 11, 12, 30, 32 }.ToDictionary(id => id, _ => new CPUDevice(2, 1, 1));
        (List<ILGPU.Runtime.Device> opened, List<string> refused) = OpenClSearch.Run(
            () => [1, 2, 3],
            platform => platform == 2 ? throw new DeviceException("its devices cannot be listed (CL_OUT_OF_HOST_MEMORY)") : (nint[])[platform * 10, platform * 10 + 1, platform * 10 + 2],
            (_, id) => id switch { 10 => throw new OverflowException("too\nmuch"), 31 => throw new CLException(CLError.CL_INVALID_VALUE), _ => devices[id] });
        Assert.Equal(devices.Values, opened);
        Assert.Equal(3, refused.Count);
        Assert.Equal("device 0 of platform 0 of OpenCL does not respond as expected: too", refused[0]);
        Assert.StartsWith("platform 1 of OpenCL does not respond as expected: its devices cannot be listed", refused[1]);
        Assert.StartsWith("device 1 of platform 2 of OpenCL", refused[2]);
        Assert.All(refused, line => Assert.DoesNotContain('\n', line));
    }
}

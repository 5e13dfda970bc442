using System.Reflection;
using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime.CPU;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>How CUDA's driver is found, and what is reported when it is absent, does not start, or shows GPUs that do not answer.</summary>
[Trait("Speed", "Fast")]
public sealed class CudaSearchTests
{
    [Theory]
    [InlineData("cuda", "libcuda.so.1", "libcuda.so.1")]
    [InlineData("cuda", "/usr/lib/wsl/lib/libcuda.so.1", "libcuda.so.1 /usr/lib/wsl/lib/libcuda.so.1")]
    [InlineData("OpenCL", "libOpenCL.so.1", "libOpenCL.so.1")]
    [InlineData("cuda", "libcuda.so", "libcuda.so.1 /usr/lib/wsl/lib/libcuda.so.1")]
    [InlineData("nvvm", "libnvvm.so", "")]
    public void Driver_is_found_under_the_name_that_it_has_on_Linux(string import, string there, string tried)
    {
        List<string> asked = [];
        nint found = DriverLibraries.Find(import, file =>
        {
            asked.Add(file);
            return file == there ? 7 : 0;
        });
        Assert.Equal(tried, string.Join(' ', asked));
        Assert.Equal(asked.Contains(there) ? 7 : 0, found);
    }

    /// <summary>ILGPU does so on WSL, and a host process may.</summary>
    [Fact]
    public void Assembly_of_ILGPU_may_have_a_resolver_of_its_own()
    {
        int before = DeviceCatalog.List().Count;
        NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, static (_, _, _) => 0);
        Assert.Equal(before, DeviceCatalog.List().Count);
    }

    [Fact]
    public void Without_a_driver_the_message_says_what_to_install()
    {
        DeviceSearch search = CudaSearch.Run(null, () => throw new InvalidOperationException(), _ => throw new InvalidOperationException());
        Assert.Empty(search.Found);
        Assert.Contains("libcuda.so.1", Assert.Single(search.Refused), StringComparison.Ordinal);
        Assert.Null(search.PassedOver);
    }

    [Theory]
    [InlineData(802, "system not yet initialized, CUDA error 802: ", "nvidia-fabricmanager")]
    [InlineData(803, "CUDA error 803: ", "reboot")]
    [InlineData(999, "CUDA error 999: ", "nvidia_uvm")]
    [InlineData(100, "CUDA error 100: ", "CUDA_VISIBLE_DEVICES")]
    [InlineData(35, "CUDA error 35: ", "update it")]
    [InlineData(34, "CUDA error 34: ", "LD_LIBRARY_PATH")]
    [InlineData(12345, "CUDA error 12345", "")]
    public void Driver_that_does_not_start_says_why_and_what_to_do(int status, string text, string advice)
    {
        CudaDriver driver = FakeCuda.Driver();
        FakeCuda.Start = status;
        string reason = Assert.Single(CudaSearch.Run(driver, () => throw new InvalidOperationException(), _ => throw new InvalidOperationException()).Refused);
        Assert.StartsWith("the NVIDIA driver does not start: ", reason);
        Assert.Contains(text, reason, StringComparison.Ordinal);
        Assert.Contains(advice, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_GPU_that_does_not_answer_is_reported_and_hides_no_other()
    {
        CPUDevice first = new(2, 1, 1), third = new(2, 2, 1);
        DeviceSearch search = CudaSearch.Run(FakeCuda.Driver(), () => [0, 1, 2], id => id switch { 0 => first, 2 => third, _ => throw new DeviceException("ECC error\nmore") });
        Assert.Equal([first, third], search.Found);
        Assert.Null(search.PassedOver);
        Assert.Equal("GPU 1 does not respond as expected: ECC error", Assert.Single(search.Refused));
    }

    [Fact]
    public void Driver_without_GPUs_says_where_they_may_be_hidden() =>
        Assert.Contains("CUDA_VISIBLE_DEVICES", Assert.Single(CudaSearch.Run(FakeCuda.Driver(), () => [], _ => throw new InvalidOperationException()).Refused), StringComparison.Ordinal);

    /// <summary>They are not public, so a new version of ILGPU may lose them.</summary>
    [Fact]
    public void ILGPU_has_the_non_public_members_that_are_used() =>
        Assert.NotNull(typeof(ILGPU.Runtime.Cuda.CudaDevice).GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(int)]));

    [Fact]
    public void Compiler_of_the_driver_is_quoted_on_one_line() =>
        Assert.Equal("ptxas error in '.version 8.8' unknown opcode", FakeCuda.Driver().CompilerLog(".version 8.8\nbra.uni X;"));
}

using System.Runtime.InteropServices;
using System.Text;

namespace GpuCtr.SoftCuda.Tests.Driver;

/// <summary>Modules, their kernels and launches.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed unsafe class ModuleTests
{
    private const string Ones = """
        .version 7.8
        .target sm_70
        .address_size 64
        .visible .entry ones(.param .u64 target)
        {
            .reg .b64 %rd<4>;
            .reg .b32 %r<3>;
            .shared .align 4 .b8 tile[1024];
            ld.param.u64 %rd0, [target];
            mov.u32 %r0, %tid.x;
            mul.wide.u32 %rd1, %r0, 4;
            add.u64 %rd2, %rd0, %rd1;
            mov.u32 %r1, 1;
            st.global.u32 [%rd2], %r1;
            ret;
        }
        """;

    [Fact]
    public void Wrong_text_is_refused_and_the_log_names_the_line()
    {
        using Cuda cuda = new();
        byte[] log = new byte[1024];
        int[] options = [5, 6];
        byte[] text = Encoding.ASCII.GetBytes(Ones.Replace("mul.wide.u32", "mul.narrow.u32", StringComparison.Ordinal) + "\0");
        nint module = 0;
        fixed (byte* ptx = text, logged = log)
        fixed (int* asked = options)
        {
            nint[] values = [(nint)logged, log.Length];
            fixed (nint* given = values)
                cuda.Refused(CudaResult.InvalidPtx, "mul.narrow", Cuda.Call("cuModuleLoadDataEx", (nint)(&module), (nint)ptx, 2, (nint)asked, (nint)given));
        }
        string told = Encoding.ASCII.GetString(log).TrimEnd('\0');
        Assert.StartsWith("ptxas application ptx input, line 11; error", told, StringComparison.Ordinal);
        Assert.Contains("mul.narrow", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7.0", ".target sm_70", ".target sm_80", CudaResult.InvalidPtx)]
    [InlineData("7.0", ".version 7.8", ".version 8.8", CudaResult.UnsupportedPtxVersion)]
    [InlineData("8.0", ".version 7.8", ".version 8.8", CudaResult.Success)]
    [InlineData("8.0", ".target sm_70", ".target sm_80", CudaResult.Success)]
    public void Text_for_newer_hardware_or_a_newer_driver_is_refused(string capability, string old, string changed, CudaResult expected)
    {
        using Cuda cuda = new(capability: capability);
        nint module = 0;
        fixed (byte* text = Encoding.ASCII.GetBytes(Ones.Replace(old, changed, StringComparison.Ordinal) + "\0"))
            Assert.Equal(expected, Cuda.Call("cuModuleLoadData", (nint)(&module), (nint)text));
        Assert.Equal(expected == CudaResult.Success ? 0 : 1, cuda.Findings.Count);
    }

    [Fact]
    public void Kernel_that_is_not_there_is_refused_and_the_others_are_named()
    {
        using Cuda cuda = new();
        Assert.ThrowsAny<Exception>(() => Cuda.Kernel(Ones, "twos"));
        Assert.Contains("no kernel twos: it has ones", Assert.Single(cuda.Findings).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 32, 0, "grid of")]
    [InlineData(1, 0, 0, "blocks of")]
    [InlineData(1, 1025, 0, "blocks of")]
    [InlineData(1, 32, 48 * 1024 - 1023, "bytes of shared memory")]
    public void Launch_that_no_multiprocessor_can_hold_is_refused(int grid, int block, int sharedBytes, string why)
    {
        using Cuda cuda = new();
        nint target = Cuda.Allocate(4096), kernel = Cuda.Kernel(Ones, "ones");
        Cuda.Ok(Cuda.Launch(kernel, target, 1, 1024, sharedBytes: 47 * 1024));
        cuda.Clean();
        cuda.Refused(CudaResult.InvalidValue, why, Cuda.Launch(kernel, target, grid, block, sharedBytes: sharedBytes));
    }

    [Fact]
    public void Arguments_in_one_buffer_must_be_all_of_them()
    {
        using Cuda cuda = new();
        nint target = Cuda.Allocate(128), kernel = Cuda.Kernel(Ones, "ones");
        Cuda.Ok(Cuda.LaunchPacked(kernel, target, 8));
        Assert.Equal(1, Cuda.Read(target, 1)[0]);
        cuda.Refused(CudaResult.InvalidValue, "ones has 8 bytes of parameters, and 4 are given", Cuda.LaunchPacked(kernel, target, 4));
    }

    [Fact]
    public void Nothing_runs_after_a_fault()
    {
        using Cuda cuda = new();
        List<string> run = [];
        cuda.Machine.Launch += launch => run.Add(launch.Kernel);
        nint target = Cuda.Allocate(128), kernel = Cuda.Kernel(Ones, "ones"), stream = Cuda.NewStream();
        Cuda.Ok(Cuda.Launch(kernel, target + 4, stream: stream));
        Cuda.Ok(Cuda.Launch(kernel, target, stream: stream));
        Assert.Equal(CudaResult.IllegalAddress, Cuda.Synchronize(stream));
        Assert.Equal(["ones"], run);
        Assert.Equal(CudaResult.IllegalAddress, Cuda.Launch(kernel, target, stream: stream));
    }

    [Fact]
    public void Unloaded_module_cannot_be_launched_and_a_graph_with_it_is_found()
    {
        using Cuda cuda = new();
        nint target = Cuda.Allocate(128), module = 0, stream = Cuda.NewStream(), graph = 0;
        fixed (byte* text = Encoding.ASCII.GetBytes(Ones + "\0"), name = "ones\0"u8)
        {
            Cuda.Ok(Cuda.Call("cuModuleLoadData", (nint)(&module), (nint)text));
            nint kernel = Cuda.Out("cuModuleGetFunction", module, (nint)name);
            Cuda.Ok(Cuda.Call("cuStreamBeginCapture_v2", stream, 2));
            Cuda.Ok(Cuda.Launch(kernel, target, stream: stream));
            Cuda.Ok(Cuda.Call("cuStreamEndCapture", stream, (nint)(&graph)));
            nint instance = Cuda.Out("cuGraphInstantiateWithFlags", graph, 0);
            Cuda.Ok(Cuda.Call("cuModuleUnload", module));
            cuda.Clean();
            cuda.Refused(CudaResult.InvalidHandle, "was unloaded", Cuda.Launch(kernel, target));
            Cuda.Ok(Cuda.Call("cuGraphLaunch", instance, stream));
        }
        Assert.Contains("node 0, kernel ones: its module was unloaded", cuda.Findings[^1].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_have_a_name_and_a_text()
    {
        using Cuda cuda = new(withContext: false);
        nint text = 0;
        foreach (CudaResult code in Enum.GetValues<CudaResult>())
        {
            Cuda.Ok(Cuda.Call("cuGetErrorName", (nint)code, (nint)(&text)));
            Assert.StartsWith("CUDA_", Marshal.PtrToStringUTF8(text), StringComparison.Ordinal);
            Cuda.Ok(Cuda.Call("cuGetErrorString", (nint)code, (nint)(&text)));
            Assert.NotEmpty(Marshal.PtrToStringUTF8(text)!);
        }
        Assert.Equal(CudaResult.InvalidValue, Cuda.Call("cuGetErrorString", 12345, (nint)(&text)));
    }
}

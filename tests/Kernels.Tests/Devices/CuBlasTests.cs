using GpuCtr.Kernels.Blas;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>The search for cuBLAS, and the choice of the library.</summary>
[Trait("Speed", "Fast")]
public sealed class CuBlasTests
{
    private static readonly string[] tree =
    [
        "/venv/lib/python3.12", "/venv/lib/python3.12/site-packages/nvidia/cu13", "/usr/lib/python3", "/root/.local/lib/python3.11", "/opt/conda/lib/python3.10",
        "/usr/local/cuda", "/usr/local/cuda-12.4",
    ];

    private static readonly string[] files = [.. CuBlasFiles.All(Variable, (folder, pattern) => tree.Where(t => Path.GetDirectoryName(t) == folder && Path.GetFileName(t).StartsWith(pattern.TrimEnd('*'), StringComparison.Ordinal)))];

    [SkippableTheory]
    [InlineData("libcublas.so.13")]
    [InlineData("/venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublas.so.13")]
    [InlineData("/venv/lib/python3.12/site-packages/nvidia/cublas/lib/libcublas.so.12")]
    [InlineData("/opt/conda/lib/python3.10/site-packages/nvidia/cublas/lib/libcublas.so.12")]
    [InlineData("/root/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12")]
    [InlineData("/usr/lib/python3/dist-packages/nvidia/cublas/lib/libcublas.so.11")]
    [InlineData("/usr/local/cuda/lib64/libcublas.so.12")]
    [InlineData("/usr/local/cuda-12.4/lib64/libcublas.so.12")]
    [InlineData("/cuda/lib64/libcublas.so.13")]
    public void Places_where_it_is_installed_are_searched(string file)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths are those of Linux");
        Assert.Contains(file, files);
    }

    [Fact]
    public void Named_file_comes_first_and_newer_versions_before_older_ones()
    {
        Assert.Equal("/my/libcublas.so", files[0]);
        int[] versions = [.. files.Skip(1).Select(f => int.Parse(new string([.. f.Reverse().SkipWhile(c => !char.IsDigit(c)).TakeWhile(char.IsDigit).Reverse()])))];
        Assert.Equal(versions.OrderDescending(), versions);
        Assert.Equal([11, 12, 13], versions.Distinct().Order());
        Assert.Equal(files.Distinct(), files);
    }

    [Fact]
    public void Library_that_loads_and_fails_gives_way_to_the_next()
    {
        (string? library, string note) = CuBlas.Open(["13", "absent", "12", "11"], Load, n => n == 13 ? throw new DeviceException("cublasCreate failed") : $"opened {n}");
        Assert.Equal("opened 12", library);
        Assert.Equal("matrix products by cuBLAS (12)", note);
    }

    [Fact]
    public void Every_library_that_fails_is_named_with_its_reason()
    {
        (string? library, string note) = CuBlas.Open<string>(["13", "12"], Load, n => throw new DeviceException($"status {n}"));
        Assert.Null(library);
        Assert.Equal("cuBLAS does not work here (13: status 13; 12: status 12)", note);
    }

    [Fact]
    public void Without_the_library_the_message_says_how_to_get_it()
    {
        (string? library, string note) = CuBlas.Open<string>(["absent"], Load, _ => throw new InvalidOperationException());
        Assert.Null(library);
        Assert.Contains("pip install", note, StringComparison.Ordinal);
        Assert.Contains("GPU_CTR_CUBLAS", note, StringComparison.Ordinal);
    }

    private static nint Load(string file) => file == "absent" ? 0 : int.Parse(file);

    private static string? Variable(string name) => name switch
    {
        "GPU_CTR_CUBLAS" => "/my/libcublas.so",
        "VIRTUAL_ENV" => "/venv",
        "CONDA_PREFIX" => "",
        "PATH" => "/opt/conda/bin:/usr/bin:/sbin",
        "HOME" => "/root",
        "CUDA_HOME" => "/cuda",
        _ => null,
    };
}

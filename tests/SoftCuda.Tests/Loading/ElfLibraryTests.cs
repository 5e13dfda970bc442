using System.Reflection;
using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Loading;
using GpuCtr.SoftCuda.Tests.Driver;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.SoftCuda.Tests.Loading;

/// <summary>Libraries written from C#: the loader takes them, finds them by name and calls what stands in their table.</summary>
[Trait("Speed", "Fast")]
public sealed unsafe class ElfLibraryTests
{
    private static readonly List<string> called = [];

    [Fact]
    public void Library_is_found_by_its_SONAME_and_calls_its_methods()
    {
        Assert.False(NativeLibrary.TryLoad("libgpu-ctr-test.so.7", out _));
        nint made = StandIn.Load("libgpu-ctr-test.so.7", typeof(ElfLibraryTests), ["absentOne", "absentTwo"], name => called.IndexOf(name) < 0 ? Note(name) : -1);

        Assert.True(NativeLibrary.TryLoad("libgpu-ctr-test.so.7", out nint found));
        Assert.Equal(made, found);
        Assert.Equal(30L, ((delegate* unmanaged<int, long, long>)NativeLibrary.GetExport(found, "addFirst"))(10, 20));
        Assert.Equal(2.5, ((delegate* unmanaged<double, double>)NativeLibrary.GetExport(found, "halve"))(5));
        Assert.Equal(7, ((delegate* unmanaged<int, int, int>)NativeLibrary.GetExport(found, "absentTwo"))(1, 2));
        Assert.Equal(["absentTwo"], called);
        Assert.False(NativeLibrary.TryGetExport(found, "nothing", out _));
    }

    [Fact]
    public void Two_libraries_are_two()
    {
        nint first = StandIn.Load("libgpu-ctr-first.so", typeof(object), ["one"], _ => 1), second = StandIn.Load("libgpu-ctr-second.so", typeof(object), ["two"], _ => 2);
        Assert.NotEqual(first, second);
        Assert.Equal(1, ((delegate* unmanaged<int>)NativeLibrary.GetExport(first, "one"))());
        Assert.Equal(2, ((delegate* unmanaged<int>)NativeLibrary.GetExport(second, "two"))());
    }

    [Fact]
    public void The_driver_is_what_the_loader_finds_and_has_every_function_that_ILGPU_declares()
    {
        Assert.True(NativeLibrary.TryLoad("libcuda.so.1", out nint driver));
        Cuda.Ok(Cuda.Call("cuInit", 0));
        const BindingFlags declared = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
        string[] names = [.. typeof(CudaAPI).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(CudaAPI))).SelectMany(t => t.GetMethods(declared)).Select(m => m.Name.Replace("_Import", "", StringComparison.Ordinal)).Where(name => name.StartsWith("cu", StringComparison.Ordinal)).Distinct()];
        Assert.True(names.Length >= 48);
        Assert.All(names, name => Assert.True(NativeLibrary.TryGetExport(driver, name, out _), name));
    }

    private static int Note(string name)
    {
        called.Add(name);
        return 7;
    }

    [UnmanagedCallersOnly(EntryPoint = "addFirst")]
    private static long Add(int a, long b) => a + b;

    [UnmanagedCallersOnly(EntryPoint = "halve")]
    private static double Halve(double value) => value / 2;
}

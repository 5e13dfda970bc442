using System.Collections.Concurrent;
using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Tests;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Every kernel as CUDA would run it, proven on a machine without a GPU.</summary>
public sealed class PtxTests
{
    // Half of the threads that a multiprocessor holds: enough to hide the latency of memory. Kernels with tiles in shared memory fetch
    // ahead and live from registers; on tensor cores a warp has 32 products under way, and two of them keep a quarter of a multiprocessor busy.
    private const int LeastWarps = 32, LeastWarpsWithTiles = 12, LeastWarpsOnTensorCores = 8;

    private static readonly (CudaArchitecture Architecture, int Number)[] architectures = [(CudaArchitecture.SM_70, 70), (CudaArchitecture.SM_80, 80), (CudaArchitecture.SM_90, 90)];

    private static readonly Lazy<Dictionary<(MethodInfo Kernel, int Architecture), string>> compiled = new(CompileAll);

    [Fact]
    public void Op_cases_load_every_kernel_of_the_assembly() =>
        Assert.Empty(KernelInventory.BySignature().Except(KernelInventory.All.Select(k => k.Method.IsGenericMethod ? k.Method.GetGenericMethodDefinition() : k.Method)).Select(KernelName.Of));

    [Fact]
    public void Committed_table_has_every_kernel() =>
        Assert.Equal(KernelTable.Read().Rows.Select(r => r.Kernel).Order(StringComparer.Ordinal), KernelInventory.All.Select(k => KernelName.Of(k.Method)).Order(StringComparer.Ordinal));

    [Fact]
    public void Kernels_compile_without_doubles_atomics_local_memory_or_generic_pointers() =>
        Assert.Empty(compiled.Value.Select(c => (c.Key, Breach: PtxRules.Breach(c.Value))).Where(c => c.Breach is not null).Select(c => $"{KernelName.Of(c.Key.Kernel)}, sm_{c.Key.Architecture}: {c.Breach}"));

    [Fact]
    public void Kernels_that_see_four_floats_move_four_at_once() =>
        Assert.Empty(compiled.Value.Where(c => KernelInventory.FourFloatViews(c.Key.Kernel) > 0 && !PtxRules.MovesFourFloats(c.Value)).Select(c => $"{KernelName.Of(c.Key.Kernel)}, sm_{c.Key.Architecture}"));

    /// <summary>Whoever has several such views reads one of them.</summary>
    [Fact]
    public void Kernels_that_see_several_views_of_four_floats_load_four_at_once() =>
        Assert.Empty(compiled.Value.Where(c => KernelInventory.FourFloatViews(c.Key.Kernel) > 1 && !PtxRules.LoadsFourFloats(c.Value)).Select(c => $"{KernelName.Of(c.Key.Kernel)}, sm_{c.Key.Architecture}"));

    /// <summary>Write the table again with GPU_CTR_WRITE_TABLES=1 in the environment.</summary>
    [SkippableFact]
    public void Assembled_kernels_neither_spill_nor_differ_from_the_committed_table()
    {
        string version = Ptxas.Version;
        KernelTable measured = new(version, [.. KernelInventory.All.AsParallel().AsOrdered().Select(Measure)]);
        if (Environment.GetEnvironmentVariable("GPU_CTR_WRITE_TABLES") == "1")
            measured.Write();
        KernelTable committed = KernelTable.Read();
        Skip.IfNot(version == committed.Assembler, $"docs/kernels.md was made with ptxas {committed.Assembler}, this is {version}: nothing spills, but registers cannot be compared");
        Assert.Empty(measured.Rows.Except(committed.Rows));
        Assert.Empty(committed.Rows.Except(measured.Rows));
    }

    [Fact]
    public void Rules_find_what_they_are_for()
    {
        Assert.Contains("double", BreachOf(static a => { a[0] = (float)(a[1] * 2.5); }), StringComparison.Ordinal);
        Assert.Contains("atomic", BreachOf(static a => Atomic.Add(ref a[0], 1f)), StringComparison.Ordinal);
        Assert.Contains("local", BreachOf(Array), StringComparison.Ordinal);
        Assert.Null(BreachOf(static a => { a[Grid.GlobalLinearIndex] *= 2f; }));
        Assert.Contains("address space", PtxRules.Breach("\tld.f32 %f1, [%rd4];"), StringComparison.Ordinal);
        Assert.Contains("address space", PtxRules.Breach("@%p1 st.v4.f32 [%rd4], {%f1, %f2, %f3, %f4};"), StringComparison.Ordinal);
    }

    private static void Array(ArrayView<float> a)
    {
        float[] sums = new float[8];
        for (int i = 0; i < a.IntLength; i++)
            sums[i & 7] += a[i];
        for (int i = 0; i < 8; i++)
            a[i] = sums[i];
    }

    private static string? BreachOf(Action<ArrayView<float>> kernel)
    {
        using PtxCompiler compiler = new(CudaArchitecture.SM_80);
        return PtxRules.Breach(compiler.Compile(kernel.Method));
    }

    private static Dictionary<(MethodInfo Kernel, int Architecture), string> CompileAll()
    {
        IReadOnlyList<LoadedKernel> kernels = KernelInventory.All;
        ConcurrentDictionary<(MethodInfo, int), string> all = [];
        Parallel.ForEach(architectures, a =>
        {
            using PtxCompiler compiler = new(a.Architecture);
            foreach (LoadedKernel k in kernels.Where(k => k.LeastArchitecture <= a.Number))
                all[(k.Method, a.Number)] = compiler.Compile(k.Method);
        });
        return new(all);
    }

    private static KernelTable.Row Measure(LoadedKernel k)
    {
        Dictionary<int, Ptxas.Usage> usages = architectures.Where(a => k.LeastArchitecture <= a.Number).ToDictionary(a => a.Number, a => Ptxas.Assemble(compiled.Value[(k.Method, a.Number)], a.Number));
        string name = KernelName.Of(k.Method);
        Assert.All(usages.Values, u => Assert.True(u is { StackBytes: 0, SpillBytes: 0 }, $"{name}: {u}"));
        Ptxas.Usage on80 = usages[80], on90 = usages[90];
        int warps80 = Occupancy.Warps(80, k.GroupSize, on80), warps90 = Occupancy.Warps(90, k.GroupSize, on90);
        int least = k.LeastArchitecture >= 80 ? LeastWarpsOnTensorCores : on80.SharedBytes > 0 ? LeastWarpsWithTiles : LeastWarps;
        Assert.True(Math.Min(warps80, warps90) >= least, $"{name}: {warps80} warps on sm_80, {warps90} on sm_90, of 64; {on80}, {on90}");
        return new(name, k.GroupSize, on80.SharedBytes, usages.TryGetValue(70, out Ptxas.Usage on70) ? on70.Registers : null, on80.Registers, warps80, on90.Registers, warps90);
    }
}

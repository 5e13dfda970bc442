using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.SoftCuda;
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

    private static readonly InventoryPtx.Target[] assembledFor =
        [new(CudaArchitecture.SM_70, CudaInstructionSet.ISA_78), new(CudaArchitecture.SM_80, CudaInstructionSet.ISA_78), new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_78)];

    private static readonly bool comparesAll = Environment.GetEnvironmentVariable("GPU_CTR_ALL_ARCHITECTURES") == "1";

    [Fact]
    public void Op_cases_load_every_kernel_of_the_assembly() =>
        Assert.Empty(KernelInventory.BySignature().Except(KernelInventory.All.Select(k => k.Method.IsGenericMethod ? k.Method.GetGenericMethodDefinition() : k.Method)).Select(KernelName.Of));

    [Fact]
    public void Committed_table_has_every_kernel() =>
        Assert.Equal(KernelTable.Read().Rows.Select(r => r.Kernel).Order(StringComparer.Ordinal), KernelInventory.All.Select(k => KernelName.Of(k.Method)).Order(StringComparer.Ordinal));

    /// <summary>So the result for one text holds for all. GPU_CTR_ALL_ARCHITECTURES=1 in the environment compares all kernels for all of them; else those that run everywhere, for the newest.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void ILGPU_writes_the_same_for_every_architecture(int major, int minor, int instructions)
    {
        InventoryPtx.Target target = new(new(major, minor), new(instructions / 10, instructions % 10));
        LoadedKernel[] kernels = [.. KernelInventory.All.Where(k => k.LeastArchitecture <= (comparesAll ? target.Number : 70))];
        Dictionary<MethodInfo, string> ptx = InventoryPtx.Compile(target, kernels).Ptx;
        Assert.Empty(kernels.Where(k => OpenClKernels.Renumber(ptx[k.Method]) != OpenClKernels.Renumber(InventoryPtx.Of(k, target))).Select(k => KernelName.Of(k.Method)));
    }

    public static TheoryData<int, int, int> Targets()
    {
        TheoryData<int, int, int> targets = new() { { 12, 0, 88 } };
        if (comparesAll)
            foreach ((int major, int instructions) in new[] { (7, 78), (8, 88), (9, 78), (9, 88) })
                targets.Add(major, 0, instructions);
        return targets;
    }

    [Fact]
    public void Kernels_compile_without_doubles_atomics_local_memory_or_generic_pointers() =>
        Assert.Empty(KernelInventory.All.Select(k => (k.Method, Breach: PtxRules.Breach(Ptx(k)))).Where(k => k.Breach is not null).Select(k => $"{KernelName.Of(k.Method)}: {k.Breach}"));

    [Fact]
    public void Kernels_that_see_four_floats_move_four_at_once() =>
        Assert.Empty(KernelInventory.All.Where(k => KernelInventory.FourFloatViews(k.Method) > 0 && !PtxRules.MovesFourFloats(Ptx(k))).Select(k => KernelName.Of(k.Method)));

    /// <summary>A kernel with several such views reads one of them.</summary>
    [Fact]
    public void Kernels_that_see_several_views_of_four_floats_load_four_at_once() =>
        Assert.Empty(KernelInventory.All.Where(k => KernelInventory.FourFloatViews(k.Method) > 1 && !PtxRules.LoadsFourFloats(Ptx(k))).Select(k => KernelName.Of(k.Method)));

    /// <summary>GPU_CTR_WRITE_TABLES=1 in the environment assembles all kernels and writes the table and the fingerprints again; else only those are assembled whose fingerprint is not committed.</summary>
    [SkippableFact]
    public void Assembled_kernels_neither_spill_nor_differ_from_the_committed_table()
    {
        string version = Ptxas.Version;
        bool writes = Environment.GetEnvironmentVariable("GPU_CTR_WRITE_TABLES") == "1";
        KernelTable committed = KernelTable.Read();
        HashSet<string> assembled = version != committed.Assembler ? [] : AssembledKernels.Read();
        KernelTable measured = new(version, [.. KernelInventory.All.AsParallel().AsOrdered().Select(k => KnownRow(k, committed, assembled) ?? Measure(k))]);
        Assert.All(KernelInventory.All.Zip(measured.Rows), kernel => AssertEnoughWarps(kernel.First, kernel.Second));
        if (writes)
        {
            measured.Write();
            AssembledKernels.Write(KernelInventory.All.Zip(measured.Rows, (k, row) => AssembledKernels.Fingerprint(version, row, Ptx(k))));
            committed = KernelTable.Read();
        }
        Skip.IfNot(version == committed.Assembler, $"docs/kernels.md was made with ptxas {committed.Assembler}, this is {version}: nothing spills, but registers cannot be compared");
        Assert.Empty(measured.Rows.Except(committed.Rows));
        Assert.Empty(committed.Rows.Except(measured.Rows));
    }

    [Fact]
    public void A_fingerprint_is_of_kernel_row_and_assembler_and_not_of_what_was_compiled_before()
    {
        KernelTable.Row row = new("Scale", 64, 0, 10, 10, 64, 10, 64);
        string known = AssembledKernels.Fingerprint("11.8", row, "bra L_7_1; add r1, r2;");
        Assert.Equal(known, AssembledKernels.Fingerprint("11.8", row, "bra L_88_3; add r1, r2;"));
        Assert.NotEqual(known, AssembledKernels.Fingerprint("11.8", row, "bra L_7_1; sub r1, r2;"));
        Assert.NotEqual(known, AssembledKernels.Fingerprint("11.8", row with { Registers90 = 11 }, "bra L_7_1; add r1, r2;"));
        Assert.NotEqual(known, AssembledKernels.Fingerprint("12.0", row, "bra L_7_1; add r1, r2;"));
    }

    [Fact]
    public void Rules_find_what_they_are_for()
    {
        Assert.Contains("double", BreachOf(static a => { a[0] = (float)(a[1] * 2.5); }), StringComparison.Ordinal);
        Assert.Contains("atomic", BreachOf(static a => Atomic.Add(ref a[0], 1f)), StringComparison.Ordinal);
        Assert.Contains("local", BreachOf(Array), StringComparison.Ordinal);
        Assert.Null(BreachOf(static a => { a[Grid.GlobalLinearIndex] *= 2f; }));
        Assert.Contains("alike", PtxRules.Breach("\t@!%p1 bra.uni\tL_2;"), StringComparison.Ordinal);
        Assert.Null(PtxRules.Breach("\tbra.uni\tL_2;\n\t@%p1 bra\tL_2;"));
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

    private static string Ptx(LoadedKernel k) => InventoryPtx.Of(k, assembledFor[1]);

    /// <summary>The committed row of a kernel that was assembled when it was written; null: it has changed since.</summary>
    private static KernelTable.Row? KnownRow(LoadedKernel k, KernelTable committed, HashSet<string> assembled) =>
        committed.Rows.SingleOrDefault(r => r.Kernel == KernelName.Of(k.Method) && r.GroupSize == k.GroupSize && assembled.Contains(AssembledKernels.Fingerprint(committed.Assembler, r, Ptx(k))));

    private static KernelTable.Row Measure(LoadedKernel k)
    {
        Dictionary<int, Ptxas.Usage> usages = assembledFor.Where(a => k.LeastArchitecture <= a.Number)
            .ToDictionary(a => a.Number, a => Ptxas.Assemble(InventoryPtx.Of(k, a), a.Number));
        string name = KernelName.Of(k.Method);
        Assert.All(usages.Values, u => Assert.True(u is { StackBytes: 0, SpillBytes: 0 }, $"{name}: {u}"));
        Ptxas.Usage on80 = usages[80], on90 = usages[90];
        return new(
            name, k.GroupSize, on80.SharedBytes, usages.TryGetValue(70, out Ptxas.Usage on70) ? on70.Registers : null,
            on80.Registers, WarpsInFlight("8.0", k, on80), on90.Registers, WarpsInFlight("9.0", k, on90));
    }

    private static int WarpsInFlight(string capability, LoadedKernel k, in Ptxas.Usage usage) => Capability.Of(capability).WarpsInFlight(k.GroupSize, usage.Registers, usage.SharedBytes);

    private static void AssertEnoughWarps(LoadedKernel k, KernelTable.Row row)
    {
        int least = k.LeastArchitecture >= 80 ? LeastWarpsOnTensorCores : row.SharedBytes > 0 ? LeastWarpsWithTiles : LeastWarps;
        Assert.True(Math.Min(row.Warps80, row.Warps90) >= least, $"{row.Kernel}: {row.Warps80} warps on sm_80, {row.Warps90} on sm_90, of 64: {row}");
    }
}

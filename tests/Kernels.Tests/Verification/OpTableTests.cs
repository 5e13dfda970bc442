using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tests.Ptx;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>Every op at every shape, in one pass over all devices where the case launches kernels of its own; the areas run side by side.</summary>
public abstract class OpTableTests
{
    protected static void Check(OpCase c) =>
        Assert.Empty(OpCheck.Run(c, TestDevices.OfOps.Where(d => CaseDevices.Runs(c, d)).Select(TestDevices.Find).OfType<Device>()));
}

public sealed class DenseOpTests : OpTableTests
{
    public static TheoryData<OpCase> Cases => new(OpTable.Dense);

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Op_agrees_with_its_reference_on_every_device(OpCase c) => Check(c);
}

public sealed class EmbeddingOpTests : OpTableTests
{
    public static TheoryData<OpCase> Cases => new(OpTable.Embedding);

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Op_agrees_with_its_reference_on_every_device(OpCase c) => Check(c);
}

public sealed class AttentionOpTests : OpTableTests
{
    public static TheoryData<OpCase> Cases => new(OpTable.Attention);

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Op_agrees_with_its_reference_on_every_device(OpCase c) => Check(c);
}

public sealed class OtherOpTests : OpTableTests
{
    public static TheoryData<OpCase> Cases => new(OpTable.Rest);

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Op_agrees_with_its_reference_on_every_device(OpCase c) => Check(c);
}

/// <summary>What is run where.</summary>
public sealed class CaseDevicesTests
{
    [Fact]
    public void Cases_have_different_names() => Assert.Equal(OpTable.Cases.Count, OpTable.Cases.Select(c => c.ToString()).Distinct().Count());

    /// <summary>Whatever any case launches with a variant is launched by a case that is run with it, or with the simpler one that has the same kernel.</summary>
    [Fact]
    public void Every_kernel_of_every_variant_is_run_on_the_cpu()
    {
        foreach (TestDevice d in TestDevices.OfOps.Where(d => d is { Spec: "cpu", UsesSimd: false }))
        {
            HashSet<MethodInfo> run = [];
            for (TestDevice? at = d; at is not null; at = CaseDevices.Simpler(at))
                run.UnionWith(OpTable.Cases.Where(c => CaseDevices.Runs(c, at)).SelectMany(c => KernelInventory.Launches(c, at.Kernels, at.Precision)!));
            Assert.Empty(OpTable.Cases.SelectMany(c => KernelInventory.Launches(c, d.Kernels, d.Precision) ?? []).Except(run).Select(k => $"{KernelName.Of(k)} on {d.Name}"));
        }
    }

    /// <summary>An op of whose kernels a variant has its own is run with that variant.</summary>
    [Fact]
    public void Every_op_is_run_with_every_variant_that_it_has()
    {
        HashSet<MethodInfo> Kernels(IEnumerable<OpCase> op, TestDevice d) => [.. op.SelectMany(c => KernelInventory.Launches(c, d.Kernels, d.Precision) ?? [])];
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.GroupBy(c => c.Op))
            foreach (TestDevice d in TestDevices.OfOps.Where(d => d.Spec == "cpu" && CaseDevices.Simpler(d) is not null && !d.UsesSimd))
                if (Kernels(op, d).Except(Kernels(op, CaseDevices.Simpler(d)!)).Any())
                    Assert.True(op.Any(c => CaseDevices.Runs(c, d)), $"{op.Key} has kernels of its own on {d.Name}, and no case runs there");
    }

    [SkippableFact]
    public void Cases_are_run_on_opencl_too() => TestDevices.Get("opencl");
}

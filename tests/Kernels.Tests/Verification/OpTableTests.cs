using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>Every op at every shape, in one pass over all devices where the case launches kernels of its own; the areas run side by side.</summary>
public abstract class OpTableTests
{
    protected static void Check(OpCase c) =>
        Assert.Empty(OpCheck.Run(c, CaseVariant.DevicesOf(c)));
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

public sealed class RecurrentOpTests : OpTableTests
{
    public static TheoryData<OpCase> Cases => new(OpTable.Recurrent);

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

/// <summary>Which cases are run with which variant.</summary>
public sealed class CaseVariantTests
{
    [Fact]
    public void Cases_have_different_names() => Assert.Equal(OpTable.Cases.Count, OpTable.Cases.Select(c => c.ToString()).Distinct().Count());

    /// <summary>Every kernel that any case launches with a variant is launched by a case that is run with it, or with a simpler variant that has the same kernel.</summary>
    [Fact]
    public void Every_kernel_of_every_variant_is_run()
    {
        foreach (CaseVariant v in CaseVariant.OfKernels)
        {
            HashSet<MethodInfo> run = [];
            for (CaseVariant? at = v; at is not null; at = at.Simpler)
                run.UnionWith(OpTable.Cases.Where(at.Runs).SelectMany(at.Launches));
            Assert.Empty(OpTable.Cases.SelectMany(v.Launches).Except(run).Select(k => $"{KernelName.Of(k)}, {v.Name}"));
        }
    }

    [Fact]
    public void Every_op_is_run_with_every_variant_that_has_kernels_for_it()
    {
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.GroupBy(c => c.Op))
            foreach (CaseVariant v in CaseVariant.OfKernels)
                if (op.SelectMany(v.Launches).Except(op.SelectMany(c => v.Simpler?.Launches(c) ?? [])).Any())
                    Assert.True(op.Any(c => v.Runs(c) && (v.RunsOnSoftwareMachine(c) || CaseVariant.DevicesOf(c).Any())), $"{op.Key} has {v.Name} kernels, and no case runs them");
    }

    [SkippableFact]
    public void Cases_are_run_on_opencl_too() => TestDevices.Get("opencl");

    [Fact]
    public void Every_op_has_cases_with_a_reference()
    {
        Device device = TestDevices.Get("cpu portable");
        HashSet<Type> tried = [];
        foreach (OpCase c in OpTable.Cases.Where(c => c.AppliesTo(device)))
        {
            using Trial trial = new(c, device, 0);
            tried.UnionWith(trial.Ops.Select(op => op.GetType()));
        }
        Assert.Empty(typeof(IOp).Assembly.GetExportedTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IOp))).Except(tried).Select(t => t.Name));
    }
}

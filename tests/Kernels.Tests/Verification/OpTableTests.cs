using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tests.Ptx;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>Every op at every shape on every device.</summary>
public sealed class OpTableTests
{
    public static TheoryData<string, string> Everywhere
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string device in TestDevices.OfOps)
                foreach (OpCase c in OpTable.Cases.Where(c => Runs(c, device)))
                    rows.Add(device, c.ToString());
            return rows;
        }
    }

    /// <summary>What all others compute with tiled kernels is what they compute with portable ones.</summary>
    private static readonly string[] tiledOps =
    [
        "linear", "dice linear", "field embedding", "field bias", "sequence pooling", "attention", "behaviour sequence", "table gradient", "row update", "row-wise Adagrad",
    ];

    /// <summary>Whether a case means something on a device of that name, which need not be there.</summary>
    /// <remarks>
    /// PoCL compiles the stand-in of tensor cores for two minutes where factors are computed on their way, as attention does. The CPU runs those cases
    /// in seconds, and OpenCL the linear layer's, which is the same kernel over factors that lie in memory.
    /// </remarks>
    internal static bool Runs(OpCase c, string device) =>
        (c.Op == "linear" || device is not ("opencl tf32" or "opencl bf16")) && (tiledOps.Contains(c.Op) || !device.EndsWith(" tiled", StringComparison.Ordinal)) && c.AppliesTo(
        device == "cpu simd", device == "cpu library" ? KernelChoice.Library : KernelChoice.Auto, Enum.GetValues<Precision>().FirstOrDefault(p => device.EndsWith($" {p.Name()}", StringComparison.Ordinal)));

    [SkippableTheory]
    [MemberData(nameof(Everywhere))]
    public void Op_agrees_with_its_reference(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        string? failure = OpCheck.Run(OpTable.Cases.Single(c => c.ToString() == name), device);
        Assert.True(failure is null, failure);
    }

    [Fact]
    public void Ops_with_kernels_of_their_own_for_gpus_are_those_that_run_with_them()
    {
        string[] found = [.. KernelInventory.TiledOps.Order()];
        Assert.True(found.SequenceEqual(tiledOps.Order()), string.Join(", ", found));
    }

    [Fact]
    public void Cases_have_different_names() =>
        Assert.Equal(OpTable.Cases.Count, OpTable.Cases.Select(c => c.ToString()).Distinct().Count());
}

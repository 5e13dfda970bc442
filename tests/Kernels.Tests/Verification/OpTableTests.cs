using GpuCtr.Kernels.Devices;
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

    /// <summary>Whether a case means something on a device of that name, which need not be there.</summary>
    /// PoCL compiles the stand-in of tensor cores for two minutes where factors are computed on their way, as attention does. The CPU runs those cases
    /// in seconds, and OpenCL the linear layer's, which is the same kernel over factors that lie in memory.
    internal static bool Runs(OpCase c, string device) => (c.Op == "linear" || device is not ("opencl tf32" or "opencl bf16")) && c.AppliesTo(
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
    public void Cases_have_different_names() =>
        Assert.Equal(OpTable.Cases.Count, OpTable.Cases.Select(c => c.ToString()).Distinct().Count());
}

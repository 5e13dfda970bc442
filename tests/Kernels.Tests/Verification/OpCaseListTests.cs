using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>The committed list of op cases is that of the tests: <see cref="OpTableTests"/> sees to it that all of them pass.</summary>
public sealed class OpCaseListTests
{
    /// <summary>Write the list again with GPU_CTR_WRITE_TABLES=1 in the environment: then every case is run.</summary>
    [SkippableFact]
    public void Committed_list_has_every_case_on_every_device()
    {
        if (Environment.GetEnvironmentVariable("GPU_CTR_WRITE_TABLES") == "1")
            File.WriteAllText(OpCaseList.Path, OpCaseList.Text((c, device) => OpTableTests.Runs(c, device) && OpCheck.Run(c, TestDevices.Get(device)) is null));
        string[] expected = OpCaseList.Text(OpTableTests.Runs).Split('\n'), committed = File.ReadAllText(OpCaseList.Path).Split('\n');
        Assert.Empty(expected.Except(committed));
        Assert.Empty(committed.Except(expected));
        Assert.Equal(expected, committed);
    }
}

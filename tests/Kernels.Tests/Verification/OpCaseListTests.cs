namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>The committed table of op cases is that of the tests: <see cref="OpTableTests"/> sees to it that all of them pass.</summary>
public sealed class OpCaseListTests
{
    /// <summary>Write the table again with GPU_CTR_WRITE_TABLES=1 in the environment.</summary>
    [Fact]
    public void Committed_table_counts_the_cases_of_every_op_with_every_variant()
    {
        if (Environment.GetEnvironmentVariable("GPU_CTR_WRITE_TABLES") == "1")
            File.WriteAllText(OpCaseList.Path, OpCaseList.Text());
        Assert.Equal(OpCaseList.Text().Split('\n'), File.ReadAllLines(OpCaseList.Path).Append(""));
    }
}

using GpuCtr.Kernels.Verification;

namespace GpuCtr.Kernels.Tests.Verification;

[Trait("Speed", "Fast")]
public sealed class OpSweepTests
{
    private static readonly OpCase[] cases = [.. "abcde".Select(c => new OpCase($"{c}", "1x1", static _ => { }))];

    [Fact]
    public void Fault_that_ends_the_device_is_named_and_nothing_is_run_after_it()
    {
        List<string> run = [], told = [];
        OpSweep sweep = OpSweep.Run(cases, Check, () => run.Contains("c") ? "an illegal memory access, CUDA error 700" : null, static () => { }, told.Add);
        Assert.Equal(["a", "b", "c"], run);
        Assert.Equal(["b is wrong", "c is wrong"], told);
        Assert.Equal(told, sweep.Problems);
        Assert.Equal(1, sweep.Agreed);
        Assert.Equal("case c 1x1 ended the device (an illegal memory access, CUDA error 700): 2 cases after it were not run", sweep.End);

        string? Check(OpCase c)
        {
            run.Add(c.Op);
            return c.Op == "a" ? null : $"{c.Op} is wrong";
        }
    }

    [Fact]
    public void Device_that_survives_a_fault_runs_all_cases()
    {
        int begun = 0;
        OpSweep sweep = OpSweep.Run(cases, static c => c.Op == "b" ? "b is wrong" : null, static () => null, () => begun++, static _ => { });
        Assert.Equal((4, null), (sweep.Agreed, sweep.End));
        Assert.Equal("b is wrong", Assert.Single(sweep.Problems));
        Assert.Equal(cases.Length, begun);
    }
}

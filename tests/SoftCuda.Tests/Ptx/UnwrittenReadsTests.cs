using GpuCtr.SoftCuda.Ptx;
using GpuCtr.SoftCuda.Tests.Execution;

namespace GpuCtr.SoftCuda.Tests.Ptx;

/// <summary>Registers that some way through a kernel leaves unwritten.</summary>
[Trait("Speed", "Fast")]
public sealed class UnwrittenReadsTests
{
    [Theory]
    [InlineData("add.f32 f2, f1, f1;", "line 17 (add.f32) reads f1")]
    [InlineData("st.global.f32 [d4], f1;", "line 17 (st.global.f32) reads d4|line 17 (st.global.f32) reads f1")]
    [InlineData("mov.f32 f1, 0f00000000;\nadd.f32 f2, f1, f1;", "")]
    // One way of two writes it.
    [InlineData("setp.eq.u32 p1, r31, 0;\n@p1 bra L;\nmov.f32 f1, 0f00000000;\nL:\nadd.f32 f2, f1, f1;", "line 21 (add.f32) reads f1")]
    [InlineData("setp.eq.u32 p1, r31, 0;\n@p1 bra L;\nmov.f32 f1, 0f00000000;\nbra M;\nL:\nmov.f32 f1, 0f3F800000;\nM:\nadd.f32 f2, f1, f1;", "")]
    // The path that writes it ends first.
    [InlineData("setp.eq.u32 p1, r31, 0;\n@p1 bra L;\nmov.f32 f1, 0f00000000;\nbra M;\nL:\nmov.f32 f3, 0f3F800000;\nM:\nadd.f32 f2, f1, f1;", "line 24 (add.f32) reads f1")]
    // A register written at the end of a loop is unwritten in the first iteration.
    [InlineData("L:\nadd.f32 f2, f1, f1;\nmov.f32 f1, f2;\nsetp.eq.u32 p1, r31, 0;\n@p1 bra L;", "line 18 (add.f32) reads f1")]
    [InlineData("mov.f32 f1, 0f00000000;\nL:\nadd.f32 f2, f1, f1;\nmov.f32 f1, f2;\nsetp.eq.u32 p1, r31, 0;\n@p1 bra L;", "")]
    [InlineData("setp.eq.u32 p1, r31, 0;\n@p1 mov.f32 f1, 0f00000000;\nadd.f32 f2, f1, f1;", "line 19 (add.f32) reads f1")]
    [InlineData("@p1 bra L;\nL:", "line 17 (bra) reads p1")]
    // Code that no way leads to.
    [InlineData("ret;\nadd.f32 f2, f1, f1;", "")]
    public void Every_way_to_a_read_must_write(string body, string found) =>
        Assert.Equal(found, string.Join('|', UnwrittenReads.Of(Bench.Kernel(body)).Select(line => line[..line.IndexOf(',', StringComparison.Ordinal)])));
}

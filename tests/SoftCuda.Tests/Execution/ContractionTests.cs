using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>a · b + c rounded once if PTX allows it, else twice.</summary>
[Trait("Speed", "Fast")]
public sealed class ContractionTests
{
    // (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴, of which a float32 keeps all but the last.
    private const float A = 1 + 1f / 4096, C = -1 - 1f / 2048, Lost = 1f / 16777216;

    [Theory]
    [InlineData("mul.f32 f3, f1, f1; add.f32 f4, f3, f2;", Lost)]
    [InlineData("mul.f32 f3, f1, f1; add.f32 f4, f2, f3;", Lost)]
    [InlineData("neg.f32 f2, f2; mul.f32 f3, f1, f1; sub.f32 f4, f3, f2;", Lost)]
    [InlineData("neg.f32 f2, f2; mul.f32 f3, f1, f1; sub.f32 f4, f2, f3;", -Lost)]
    [InlineData("mul.rn.f32 f3, f1, f1; add.f32 f4, f3, f2;", 0)]
    [InlineData("mul.f32 f3, f1, f1; add.rn.f32 f4, f3, f2;", 0)]
    // The product is needed by itself.
    [InlineData("mul.f32 f3, f1, f1; add.f32 f4, f3, f2; mov.f32 f5, f3;", 0)]
    // A factor is overwritten before the sum, by another instruction or by the product itself.
    [InlineData("mul.f32 f3, f1, f1; mov.f32 f1, f2; add.f32 f4, f3, f2;", 0)]
    [InlineData("mul.f32 f1, f1, f1; add.f32 f4, f1, f2;", 0)]
    // Another way may lead to the sum.
    [InlineData("mul.f32 f3, f1, f1; setp.eq.u32 p1, r31, 77; @p1 bra L; L: add.f32 f4, f3, f2;", 0)]
    [InlineData("mov.f32 f3, f2; setp.eq.u32 p1, r31, 77; @p1 bra L; mul.f32 f3, f1, f1; L: add.f32 f4, f3, f2;", 0)]
    [InlineData("setp.eq.u32 p1, r31, 77; mul.f32 f3, f1, f1; @p1 add.f32 f4, f3, f2; add.rn.f32 f4, f3, f2;", 0)]
    public void Product_and_sum_are_rounded_together_where_they_may(string body, float fused)
    {
        Assert.Equal(fused, Result(body, contracts: true));
        Assert.Equal(0, Result(body, contracts: false));
    }

    private static float Result(string body, bool contracts)
    {
        using Bench bench = new(contracts: contracts);
        Allocation buffer = bench.Buffer(A, C, 9f);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel($"ld.global.f32 f1, [d0];\nld.global.f32 f2, [d0+4];\n{body}\nst.global.f32 [d0+8], f4;"), threads: 1));
        return Bench.Read<float>(buffer)[2];
    }
}

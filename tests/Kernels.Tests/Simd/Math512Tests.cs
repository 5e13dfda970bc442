using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Tests.Simd;

[Trait("Speed", "Fast")]
public sealed class Math512Tests
{
    private const double UnitsInTheLastPlace = 4;

    [Fact]
    public void Sigmoid_of_a_power_is_exact_to_the_last_places()
    {
        Random random = new(1);
        for (int i = 0; i < 200_000; i++)
        {
            float t = (float)((random.NextDouble() - 0.5) * (i % 2 == 0 ? 4 : 240)), actual = Math512.SigmoidOfPower(Vector512.Create(t))[i % 16];
            double expected = 1 / (1 + Math.Pow(2, t)), unit = MathF.BitIncrement((float)expected) - (float)expected;
            Assert.True(Math.Abs(actual - expected) <= UnitsInTheLastPlace * unit, $"t {t:R}: {actual:R}, expected {expected:R}");
        }
    }

    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(1e30f, 0)]
    [InlineData(-1e30f, 1)]
    public void Sigmoid_of_a_power_has_its_limits(float t, float expected) => Assert.Equal(expected, Math512.SigmoidOfPower(Vector512.Create(t))[3], 1e-30f);
}

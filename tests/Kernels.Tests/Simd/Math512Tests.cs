using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Numerics;
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

    [Fact]
    public void Tanh_is_exact_to_the_last_places_in_kernels_and_in_simd()
    {
        Random random = new(2);
        for (int i = 0; i < 200_000; i++)
        {
            float x = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 2)));
            double expected = Math.Tanh(x), unit = MathF.BitIncrement(MathF.Abs((float)expected)) - MathF.Abs((float)expected);
            foreach (float actual in new[] { Math512.Tanh(Vector512.Create(x))[i % 16], Squash.Tanh(x) })
                Assert.True(Math.Abs(actual - expected) <= 6 * unit, $"x {x:R}: {actual:R}, expected {expected:R}");
        }
    }

    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(0f, 0f)]
    [InlineData(1e30f, 1f)]
    [InlineData(-1e30f, -1f)]
    public void Tanh_has_its_limits(float x, float expected)
    {
        // Beyond 7.9 the value stays that of 7.9, five units below 1.
        Assert.Equal(expected, Math512.Tanh(Vector512.Create(x))[3], 4e-7f);
        Assert.Equal(expected, Squash.Tanh(x), 4e-7f);
    }
}

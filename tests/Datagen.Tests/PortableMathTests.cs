namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class PortableMathTests
{
    [Fact]
    public void Exp_agrees_with_the_library()
    {
        for (double x = -30; x <= 30; x += 0.37)
            Assert.Equal(1, PortableMath.Exp(x) / Math.Exp(x), 1e-14);
    }

    [Fact]
    public void Log_agrees_with_the_library()
    {
        for (double x = 1e-12; x < 1e12; x *= 1.7)
            Assert.Equal(Math.Log(x), PortableMath.Log(x), 1e-13);
        Assert.Equal(0, PortableMath.Log(1));
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963985)]
    [InlineData(0.01, -2.326347874)]
    [InlineData(0.9999, 3.719016485)]
    public void NormalQuantile_at_known_points_is_right(double p, double z) => Assert.Equal(z, NormalQuantile.At(p), 1e-7);
}

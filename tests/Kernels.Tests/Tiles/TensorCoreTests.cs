using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;

namespace GpuCtr.Kernels.Tests.Tiles;

/// <summary>The simulated tensor cores compute like real ones.</summary>
public sealed class TensorCoreTests
{
    [Theory]
    [InlineData(0x3f801000, 0x3f802000)]
    [InlineData(0x3f800fff, 0x3f800000)]
    [InlineData(unchecked((int)0xbf801000), unchecked((int)0xbf802000))]
    [InlineData(0x3fffffff, 0x40000000)]
    [InlineData(0x00000fff, 0)]
    [InlineData(0x7f800000, 0x7f800000)]
    public void Tf32_rounds_to_nearest_with_ties_away_from_zero(int bits, int rounded) =>
        Assert.Equal(rounded, BitConverter.SingleToInt32Bits(Rounded(Precision.Tf32, BitConverter.Int32BitsToSingle(bits))));

    [Theory]
    [InlineData(0x3f808000, 0x3f800000)]
    [InlineData(0x3f818000, 0x3f820000)]
    [InlineData(0x3f808001, 0x3f810000)]
    [InlineData(unchecked((int)0xbf818000), unchecked((int)0xbf820000))]
    [InlineData(0x3fffffff, 0x40000000)]
    [InlineData(0x00008000, 0)]
    [InlineData(0x7f7fffff, 0x7f800000)]
    [InlineData(0x7f800000, 0x7f800000)]
    public void Bf16_rounds_to_nearest_with_ties_to_even(int bits, int rounded) =>
        Assert.Equal(rounded, BitConverter.SingleToInt32Bits(Rounded(Precision.Bf16, BitConverter.Int32BitsToSingle(bits))));

    [Fact]
    public void Bf16_words_have_the_lesser_depth_in_their_lower_half() =>
        Assert.Equal(0x40003f80, BitConverter.SingleToInt32Bits(Bf16Format.Word(0, 1f, 2f)));

    [Theory]
    [InlineData(Precision.Tf32, 0x7fffffff)]
    [InlineData(Precision.Tf32, 0x7fc00000)]
    [InlineData(Precision.Tf32, unchecked((int)0xffffffff))]
    [InlineData(Precision.Bf16, 0x7fffffff)]
    [InlineData(Precision.Bf16, 0x7f800001)]
    [InlineData(Precision.Bf16, unchecked((int)0xffffffff))]
    public void NaN_stays_NaN(Precision precision, int bits) => Assert.True(float.IsNaN(Rounded(precision, BitConverter.Int32BitsToSingle(bits))));

    /// <summary>A tolerance for rounded factors would not notice factors that are not rounded.</summary>
    [Theory]
    [InlineData(Precision.Tf32)]
    [InlineData(Precision.Bf16)]
    public void Products_are_those_of_rounded_factors(Precision precision)
    {
        const int m = 17, n = 9, k = 21;
        using Device device = Device.Open("cpu", KernelChoice.Tiled, precision: precision);
        using Workspace workspace = new(device);
        Tensor a = workspace.Tensor("a", m, k), b = workspace.Tensor("b", k, n), c = workspace.Tensor("c", m, n);
        workspace.Allocate();
        Random random = new(1);
        float[] x = [.. Enumerable.Range(0, m * k).Select(_ => random.NextSingle() - 0.5f)], y = [.. Enumerable.Range(0, k * n).Select(_ => random.NextSingle() - 0.5f)];
        a.Write(device, x);
        b.Write(device, y);
        using MatMul product = new(device);
        product.Run(c, a, b, new(m, n, k));
        device.Synchronize();
        float[] actual = c.ToArray(device);
        for (int i = 0; i < m * n; i++)
            Assert.Equal(Enumerable.Range(0, k).Sum(l => (double)Rounded(precision, x[i / n * k + l]) * Rounded(precision, y[l * n + i % n])), actual[i], 1e-6);
    }

    private static float Rounded(Precision precision, float x) => precision == Precision.Tf32 ? Tf32Format.Round(x) : Bf16Format.Lower(Bf16Format.Word(0, x, 0));
}

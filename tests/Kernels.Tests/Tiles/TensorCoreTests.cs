using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Tiles;

/// <summary>What stands in for tensor cores computes as they do.</summary>
public sealed class TensorCoreTests
{
    [Theory]
    [InlineData(0x3f801000, 0x3f802000)]
    [InlineData(0x3f800fff, 0x3f800000)]
    [InlineData(unchecked((int)0xbf801000), unchecked((int)0xbf802000))]
    [InlineData(0x3fffffff, 0x40000000)]
    [InlineData(0x00000fff, 0)]
    [InlineData(0x7f800000, 0x7f800000)]
    public void Numbers_are_rounded_to_the_nearest_and_ties_away_from_zero(int bits, int rounded) =>
        Assert.Equal(rounded, BitConverter.SingleToInt32Bits(TensorCore.Round(BitConverter.Int32BitsToSingle(bits))));

    [Theory]
    [InlineData(0x7fffffff)]
    [InlineData(0x7fc00000)]
    [InlineData(unchecked((int)0xffffffff))]
    public void NaN_stays_NaN(int bits) => Assert.True(float.IsNaN(TensorCore.Round(BitConverter.Int32BitsToSingle(bits))));

    /// A tolerance for rounded factors would not notice factors that are not rounded.
    [Fact]
    public void Products_are_those_of_rounded_factors()
    {
        const int m = 17, n = 9, k = 21;
        Device device = TestDevices.Get("cpu tensor");
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
            Assert.Equal(Enumerable.Range(0, k).Sum(l => (double)TensorCore.Round(x[i / n * k + l]) * TensorCore.Round(y[l * n + i % n])), actual[i], 1e-6);
    }
}

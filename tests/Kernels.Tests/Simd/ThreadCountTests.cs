using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;

namespace GpuCtr.Kernels.Tests.Simd;

/// <summary>The bits of an op on the CPU do not depend on how many threads share the work.</summary>
public sealed class ThreadCountTests
{
    [Theory]
    [InlineData("linear", "200x130x70 relu bias")]
    [InlineData("linear", "800x9x40 bias")]
    [InlineData("linear", "13x400x33 relu bias")]
    [InlineData("batch norm", "200x40 relu training")]
    [InlineData("dropout", "300x130 p 0.5 step 2147483647 layer 0 seed 1")]
    [InlineData("field embedding", "B300 F2 N0 D16")]
    [InlineData("field embedding", "B150 F3 N1 D4")]
    [InlineData("table gradient", "2000 positions, 900x4, random ids compact")]
    [InlineData("row update", "Adam 600 of 700x16 step 3 scale 1")]
    [InlineData("row replay", "Adam 280 of 300x16, steps 3000 to 3699")]
    [InlineData("missed steps", "8500 of 9000 after 4095 scale 1")]
    [InlineData("dense update", "AdamW 20000 step 3 scale 1")]
    [InlineData("binary cross entropy", "1000")]
    [InlineData("dice", "700x16 training")]
    [InlineData("sequence pooling", "Mean B130 D16 up to 3")]
    [InlineData("attention", "Softmax B70 G2 D4 H18 up to 3")]
    [InlineData("attention", "None B9 G1 D16 H32 up to 6")]
    [InlineData("gradient guard", "20000+17000 clip 1 l2 on 20000 loss 0.7")]
    public void Op_gives_the_same_bits_on_one_to_five_threads(string op, string shape)
    {
        OpCase c = OpTable.Cases.Single(c => c.Op == op && c.Shape == shape);
        int[][]? expected = null;
        for (int threads = 1; threads <= 5; threads++)
        {
            using Device device = Device.Open("cpu", threads: threads);
            using Trial trial = Expectation.Of(c, device).Trial;
            trial.Workspace.Allocate();
            int[][] bits = trial.Run().SelectMany(t => new[] { t.Values, t.Gradient }).Select(a => a.Select(BitConverter.SingleToInt32Bits).ToArray()).ToArray();
            Assert.Equal(expected ??= bits, bits);
        }
    }

    [Fact]
    public void Gemm_gives_the_same_bits_with_tiles_of_512_and_256_bits()
    {
        using Device device = Device.Open("cpu");
        OpCase[] wide = OpTable.Cases.Where(c => c.Op == "gemm" && c.Shape.Contains("512 bit", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(wide);
        foreach (OpCase c in wide)
        {
            // The inputs are a function of the case's name, so the narrow product borrows it.
            OpCase narrow = OpTable.Cases.Single(n => n.Op == "gemm" && n.Shape == c.Shape.Replace("512 bit", "256 bit", StringComparison.Ordinal)) with { Shape = c.Shape };
            Assert.Equal(Bits(c, device), Bits(narrow, device));
        }
    }

    private static int[] Bits(OpCase c, Device device)
    {
        using Trial trial = new(c, device, attempt: 0);
        trial.Workspace.Allocate();
        return trial.Run().SelectMany(t => t.Values).Select(BitConverter.SingleToInt32Bits).ToArray();
    }
}

using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Tests.Simd;

public sealed unsafe class LinesAheadTests
{
    [Fact]
    public void More_ranges_than_it_keeps_touch_nothing_around_it()
    {
        float[] memory = new float[1_000];
        fixed (float* start = memory)
        {
            LinesAhead* three = stackalloc LinesAhead[3];
            new Span<byte>(three, 3 * sizeof(LinesAhead)).Clear();
            for (int i = 0; i < 20; i++)
                three[1].Add(start + 10 * i, 100);
            three[1].Spread(7);
            for (int step = 0; step < 10; step++)
                three[1].Step();
            foreach (int neighbour in new[] { 0, 2 })
                Assert.All(new Span<byte>(three + neighbour, sizeof(LinesAhead)).ToArray(), b => Assert.Equal(0, b));
        }
    }
}

using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Tests.Simd;

[Trait("Speed", "Fast")]
public sealed unsafe class PrefetchScheduleTests
{
    [Fact]
    public void More_ranges_than_it_keeps_touch_nothing_around_it()
    {
        float[] memory = new float[1_000];
        int[] rows = [3, 1, 4];
        fixed (float* start = memory)
        fixed (int* list = rows)
        {
            PrefetchSchedule* three = stackalloc PrefetchSchedule[3];
            new Span<byte>(three, 3 * sizeof(PrefetchSchedule)).Clear();
            for (int i = 0; i < 20; i++)
            {
                three[1].Add(start + 10 * i, 100);
                three[1].AddRows(start, list, rows.Length, 20);
            }
            three[1].Spread(7);
            for (int step = 0; step < 10; step++)
                three[1].Step(4, start, out _);
            foreach (int neighbour in new[] { 0, 2 })
                Assert.All(new Span<byte>(three + neighbour, sizeof(PrefetchSchedule)).ToArray(), b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void Stretches_go_through_range_after_range_and_then_stay()
    {
        float* first = (float*)4096, second = (float*)8192, near = (float*)64;
        PrefetchSchedule ahead = default;
        ahead.Add(first, 48);
        ahead.Add(second, 16);
        ahead.Spread(1);
        Assert.Equal(((nint)first, 64), Step(ref ahead));
        Assert.Equal(((nint)first + 128, 64), Step(ref ahead));
        Assert.Equal(((nint)second, 64), Step(ref ahead));
        Assert.Equal(((nint)near, 0), Step(ref ahead));

        (nint Start, nint Stride) Step(ref PrefetchSchedule lines) => ((nint)lines.Step(2, near, out nint stride), stride);
    }
}

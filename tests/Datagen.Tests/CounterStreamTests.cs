namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class CounterStreamTests
{
    [Fact]
    public void Uniform_over_many_positions_is_flat()
    {
        var stream = CounterStream.FromSeed(7);
        int[] counts = new int[16];
        for (ulong i = 0; i < 160_000; i++)
            counts[(int)(stream.Uniform(i) * 16)]++;
        // Standard deviation of a count is 97.
        Assert.All(counts, count => Assert.InRange(count, 9_500, 10_500));
    }

    [Fact]
    public void Children_of_neighbouring_numbers_are_uncorrelated()
    {
        var seed = CounterStream.FromSeed(1);
        CounterStream a = seed.Child(1), b = seed.Child(2);
        double sum = 0;
        for (ulong i = 0; i < 100_000; i++)
            sum += (a.Uniform(i) - 0.5) * (b.Uniform(i) - 0.5) * 12;
        Assert.InRange(sum / 100_000, -0.015, 0.015);
    }
}

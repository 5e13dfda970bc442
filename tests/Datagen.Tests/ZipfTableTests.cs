namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class ZipfTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Draw_over_many_bits_follows_the_law(int count)
    {
        var table = new ZipfTable(count, 1.05);
        var stream = CounterStream.FromSeed(3);
        const int draws = 400_000;
        int[] seen = new int[count + 1];
        for (ulong i = 0; i < draws; i++)
            seen[table.Draw(stream.Bits(i))]++;

        // Pearson's statistic has mean count − 1 and variance 2 (count − 1); ranks expected fewer than 5 times are left out.
        double statistic = 0;
        int cells = 0;
        for (int rank = 1; rank <= count; rank++)
        {
            double expected = draws * table.Probability(rank);
            if (expected < 5)
                continue;
            statistic += (seen[rank] - expected) * (seen[rank] - expected) / expected;
            cells++;
        }
        Assert.InRange(statistic, 0, cells + (5 * Math.Sqrt(2 * cells)));
    }

    [Fact]
    public void Probability_falls_as_a_power_of_rank()
    {
        var table = new ZipfTable(10_000, 1.05);
        Assert.Equal(Math.Pow(100, 1.05), table.Probability(3) / table.Probability(300), 1e-6);
        Assert.Equal(1, Enumerable.Range(1, 10_000).Sum(table.Probability), 1e-9);
    }
}

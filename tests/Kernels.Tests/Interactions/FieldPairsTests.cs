using GpuCtr.Kernels.Interactions;

namespace GpuCtr.Kernels.Tests.Interactions;

[Trait("Speed", "Fast")]
public sealed class FieldPairsTests
{
    private const int Values = 300;

    /// <summary>χ² of N − 1 degrees of freedom has mean N − 1 and deviation √(2 (N − 1)).</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(65536)]
    public void Buckets_are_filled_as_evenly_as_by_chance(int buckets)
    {
        FieldPairs pairs = new([(0, Values + 2), (Values + 2, Values + 2)], 0, 0, buckets);
        int[] counts = new int[buckets], row = new int[1];
        for (int i = 1; i <= Values; i++)
            for (int j = 1; j <= Values; j++)
            {
                pairs.Fill([i, Values + 2 + j], [], row, new float[1]);
                counts[row[0]]++;
            }
        double expected = (double)Values * Values / buckets, chi = counts.Sum(n => (n - expected) * (n - expected) / expected);
        Assert.InRange((chi - (buckets - 1)) / Math.Sqrt(2.0 * (buckets - 1)), -4, 4);
    }

    [Fact]
    public void A_pair_keeps_its_bucket_when_vocabularies_grow_and_so_does_that_of_oov()
    {
        const int then = 10, now = 25, buckets = 1 << 20;
        FieldPairs small = new([(0, then), (then, then)], 1, 2 * then, buckets), large = new([(0, now), (now, then)], 1, now + then, buckets);
        int[] before = new int[3], after = new int[3];
        foreach ((int idBefore, int idAfter) in new[] { (3, 3), (then - 1, now - 1) })
        {
            small.Fill([idBefore, then + 5], [2], before, new float[3]);
            large.Fill([idAfter, now + 5], [2], after, new float[3]);
            Assert.Equal(before.Select(row => row - 2 * then), after.Select(row => row - now - then));
        }
    }

    [Fact]
    public void Values_are_products_of_numbers_and_padding_takes_no_part()
    {
        FieldPairs pairs = new([(0, 5), (5, 5)], 2, 10, 100);
        int[] rows = new int[6];
        float[] values = new float[6];
        // (a, b) (a, x) (a, y) (b, x) (b, y) (x, y), and b is padding.
        pairs.Fill([3, 5], [2, -3], rows, values);
        Assert.Equal([0, 2, -3, 0, 0, -6], values);
        Assert.Equal([true, false, false, true, true, false], rows.Select(row => row == pairs.PaddingRow));
        Assert.All(rows.Where(row => row != pairs.PaddingRow), row => Assert.InRange(row, 10, 109));
    }
}

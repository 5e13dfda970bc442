using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Kernels.Tests.Embedding;

/// <summary>The radix sort against a stable sort of the library.</summary>
[Trait("Speed", "Fast")]
public sealed class LookupSorterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 1)]
    [InlineData(1000, 2)]
    [InlineData(1000, 2048)]
    [InlineData(1000, 2049)]
    [InlineData(50_000, 100_000)]
    [InlineData(50_000, (1 << 22) - 1)]
    [InlineData(50_000, 1 << 22)]
    [InlineData(50_000, (1 << 22) + 1)]
    [InlineData(50_000, 30_000_000)]
    [InlineData(50_000, int.MaxValue)]
    public void Sort_of_random_rows_is_stable_and_complete(int count, int tableRows)
    {
        Random random = new(count);
        Check(Enumerable.Range(0, count).Select(i => i % 100 == 0 ? tableRows - 1 : random.Next(tableRows)).ToArray(), tableRows);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5_000_000)]
    public void Sort_of_one_hot_row_keeps_the_order_of_addition(int row) => Check(Enumerable.Repeat(row, 3000).ToArray(), 6_000_000);

    [Fact]
    public void Sort_of_skewed_rows_is_stable()
    {
        Random random = new(7);
        Check(Enumerable.Range(0, 40_000).Select(_ => (int)(5_000_000 * Math.Pow(random.NextDouble(), 8))).ToArray(), 5_000_000);
    }

    [Fact]
    public void Sort_of_no_lookups_has_no_segments() => Check([], 100);

    [Fact]
    public void Clear_removes_all_earlier_lookups()
    {
        LookupSorter sorter = new(4);
        foreach (int rows in new[] { 5_000_000, 10, 5_000_000 })
        {
            sorter.Clear();
            sorter.Add(rows - 1, 1);
            sorter.Add(3, 2);
            int[] order = new int[4], start = new int[5], segment = new int[4];
            Assert.Equal(2, sorter.Sort(rows, order, start, segment));
            Assert.Equal([2, 1], order[..2]);
            Assert.Equal([3, rows - 1], segment[..2]);
        }
    }

    private static void Check(int[] rows, int tableRows)
    {
        LookupSorter sorter = new(rows.Length);
        for (int i = 0; i < rows.Length; i++)
            sorter.Add(rows[i], 7 * i + 1);
        int[] order = new int[rows.Length], start = new int[rows.Length + 1], segmentRow = new int[rows.Length];
        int segments = sorter.Sort(tableRows, order, start, segmentRow);
        var groups = rows.Select((row, i) => (row, gradient: 7 * i + 1)).GroupBy(p => p.row).OrderBy(g => g.Key).ToArray();
        Assert.Equal(groups.Length, segments);
        Assert.Equal(groups.Select(g => g.Key), segmentRow[..segments]);
        Assert.Equal(groups.SelectMany(g => g.Select(p => p.gradient)), order);
        int sum = 0;
        Assert.Equal(groups.Select(g => sum += g.Count()).Prepend(0), start[..(segments + 1)]);
    }
}

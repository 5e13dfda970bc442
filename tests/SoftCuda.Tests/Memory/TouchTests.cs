using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Tests.Execution;

namespace GpuCtr.SoftCuda.Tests.Memory;

/// <summary>Which words of a buffer two items both use: columns of one matrix are apart, though their ranges are not.</summary>
[Trait("Speed", "Fast")]
public sealed class TouchTests
{
    private const int Rows = 64, Columns = 3;

    [Fact]
    public void Columns_of_a_matrix_are_apart_and_rows_meet_them()
    {
        using Bench bench = new();
        Allocation matrix = bench.Buffer(new float[Rows * Columns]);
        Touch[] columns = [.. Enumerable.Range(0, Columns).Select(c => Written(bench, $"mad.lo.u32 r1, r31, {4 * Columns}, {4 * c};"))];
        Touch row = Written(bench, $"and.b32 r1, r31, 1;\nmad.lo.u32 r1, r1, 4, {20 * 4 * Columns};"), all = new(matrix, 0, matrix.Bytes, Wrote: false);
        for (int a = 0; a < Columns; a++)
        {
            Assert.Equal(4 * a, columns[a].FirstCommon(all));
            Assert.Equal(4 * a, all.FirstCommon(columns[a]));
            Assert.True(all.Covers(columns[a]) && !columns[a].Covers(all));
            for (int b = 0; b < Columns; b++)
                Assert.Equal((a == b, a == b), (columns[a].FirstCommon(columns[b]) is not null, columns[a].Covers(columns[b])));
        }
        Assert.Equal(new long?[] { 240, 244, null }, columns.Select(c => c.FirstCommon(row)));
    }

    [Theory]
    [InlineData(0, 50, 50, 100, null)]
    [InlineData(0, 51, 50, 100, 50L)]
    [InlineData(300, 2000, 0, 1025, 300L)]
    [InlineData(0, 8, 2000, 2008, null)]
    public void Ranges_are_exact_to_the_byte(long low, long high, long otherLow, long otherHigh, long? common)
    {
        Allocation buffer = new DeviceMemory(1 << 20).Allocate(4096)!;
        Touch a = new(buffer, low, high, true), b = new(buffer, otherLow, otherHigh, false);
        Assert.Equal((common, common), (a.FirstCommon(b), b.FirstCommon(a)));
    }

    [Fact]
    public void Words_before_the_first_byte_and_behind_the_last_are_not_used()
    {
        using Bench bench = new();
        Allocation matrix = bench.Buffer(new float[Rows * Columns]);
        Touch column = Written(bench, $"mad.lo.u32 r1, r31, {4 * Columns}, 0;");
        Assert.Null(column.FirstCommon(new(matrix, 4, 12, Wrote: false)));
        Assert.Null(new Touch(matrix, 4, 12, Wrote: false).FirstCommon(column));
        // All of the column but its first float, and all but its last: neither covers it.
        Assert.False(new Touch(matrix, 4, matrix.Bytes, Wrote: true).Covers(column));
        Assert.False(new Touch(matrix, 0, matrix.Bytes - 4 * Columns, Wrote: true).Covers(column));
        // It uses the first of these three words, and not the others.
        Assert.False(column.Covers(new(matrix, 0, 12, Wrote: true)));
        Assert.True(column.Covers(new(matrix, 0, 4, Wrote: true)));
    }

    /// <summary>Every thread writes a float at offset r1.</summary>
    private static Touch Written(Bench bench, string offset)
    {
        bench.Run(Bench.Kernel($"{offset}\nmul.wide.u32 d4, r1, 1;\nadd.u64 d4, d4, d0;\nmov.f32 f1, 0f00000000;\nst.global.f32 [d4], f1;"), threads: Rows);
        return Assert.Single(bench.Touched);
    }
}

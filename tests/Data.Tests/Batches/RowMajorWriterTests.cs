using GpuCtr.Data.Batches;

namespace GpuCtr.Data.Tests.Batches;

[Trait("Speed", "Fast")]
public sealed class RowMajorWriterTests
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(15, 8)]
    [InlineData(16, 9)]
    [InlineData(33, 17)]
    public void Columns_become_rows(int rows, int columns)
    {
        int[] target = [.. Enumerable.Repeat(-1, rows * columns)], scratch = [];
        var strip = new RowMajorWriter<int>(target, rows, ref scratch);
        for (int c = 0; c < columns; c++)
        {
            Span<int> column = strip.Next();
            Assert.Equal(rows, column.Length);
            for (int r = 0; r < rows; r++)
                column[r] = r * columns + c;
        }

        strip.Flush();
        Assert.Equal(Enumerable.Range(0, rows * columns), target);
    }
}

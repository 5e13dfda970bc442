namespace GpuCtr.Data.Batches;

/// <summary>
/// Takes in columns one after the other and puts some at a time into rows. A column by itself would touch a cache line for every
/// value it puts into a row; a strip touches it once for all its columns.
/// </summary>
/// <param name="target">(rows, stride) values by row.</param>
/// <param name="rows">Rows.</param>
/// <param name="scratch">Memory for a strip; made larger where it is too small.</param>
internal ref struct RowMajorWriter<T>(Span<T> target, int rows, ref T[] scratch) where T : unmanaged
{
    private const int Width = 8, TileRows = 16;

    private readonly Span<T> target = target;
    private readonly Span<T> strip = Scratch(ref scratch, rows);
    private readonly int stride = rows == 0 ? 0 : target.Length / rows;
    private int first, count;

    /// <summary>(rows) place for the values of the next column.</summary>
    public Span<T> Next()
    {
        if (count == Width)
            Flush();
        return strip.Slice(count++ * rows, rows);
    }

    /// <summary>Puts what was taken in into its rows.</summary>
    public void Flush()
    {
        for (int tile = 0; tile < rows; tile += TileRows)
        {
            int end = Math.Min(tile + TileRows, rows);
            for (int c = 0; c < count; c++)
            {
                ReadOnlySpan<T> column = strip.Slice(c * rows, rows);
                for (int r = tile, at = tile * stride + first + c; r < end; r++, at += stride)
                    target[at] = column[r];
            }
        }

        (first, count) = (first + count, 0);
    }

    private static Span<T> Scratch(ref T[] scratch, int rows)
    {
        if (scratch.Length < Width * rows)
            scratch = new T[Width * rows];
        return scratch;
    }
}

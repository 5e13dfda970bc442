namespace GpuCtr.Data.Batches;

/// <summary>
/// Transposes columns to rows, several columns at a time. Writing a single column would touch a cache line for every
/// value; a strip of columns touches each line once.
/// </summary>
/// <param name="target">(rows, stride) values by row.</param>
/// <param name="rows">Rows.</param>
/// <param name="scratch">Memory for a strip; enlarged if too small.</param>
internal ref struct RowMajorWriter<T>(Span<T> target, int rows, ref T[] scratch) where T : unmanaged
{
    private const int Width = 8, TileRows = 16;

    private readonly Span<T> target = target;
    private readonly Span<T> strip = Scratch(ref scratch, rows);
    private readonly int stride = rows == 0 ? 0 : target.Length / rows;
    private int first, count;

    /// <summary>(rows) buffer for the values of the next column.</summary>
    public Span<T> Next()
    {
        if (count == Width)
            Flush();
        return strip.Slice(count++ * rows, rows);
    }

    /// <summary>Writes the buffered columns to the rows.</summary>
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

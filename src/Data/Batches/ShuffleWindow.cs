using GpuCtr.Data.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Some encoded blocks and the order of their rows.</summary>
/// <param name="Blocks">The blocks.</param>
/// <param name="Starts">(blocks + 1) first row of each block within the window.</param>
/// <param name="Order">Row numbers within the window.</param>
internal sealed record ShuffleWindow(EncodedBlock[] Blocks, int[] Starts, int[] Order)
{
    /// <summary>The rows of a part that are not bad, in the order of the blocks.</summary>
    /// <exception cref="GpuCtrException">Usage: more rows than a window can number.</exception>
    public static ShuffleWindow Of(EncodedBlock[] blocks, RowPart part)
    {
        int[] starts = new int[blocks.Length + 1];
        for (int b = 0; b < blocks.Length; b++)
        {
            long end = (long)starts[b] + blocks[b].Rows;
            if (end > Array.MaxLength)
                throw GpuCtrException.UsageError("more than 2 billion rows would be shuffled together; lower --memory");
            starts[b + 1] = (int)end;
        }

        int[] order = new int[starts[^1]];
        bool[] keep = new bool[blocks.Length == 0 ? 0 : blocks.Max(b => b.Rows)];
        int count = 0;
        for (int b = 0; b < blocks.Length; b++)
        {
            EncodedBlock block = blocks[b];
            part.Mark(block.Source, keep.AsSpan(0, block.Rows));
            for (int r = 0; r < block.Rows; r++)
            {
                if (keep[r] && block.Bad?[r] != true)
                    order[count++] = starts[b] + r;
            }
        }

        Array.Resize(ref order, count);
        return new ShuffleWindow(blocks, starts, order);
    }

    /// <summary>The block of a row; <paramref name="hint"/> is tried first and set.</summary>
    public EncodedBlock BlockOf(int row, ref int hint)
    {
        if (row < Starts[hint] || row >= Starts[hint + 1])
        {
            int found = Array.BinarySearch(Starts, row);
            hint = found >= 0 ? found : ~found - 1;
            // Empty blocks share their start with the next one.
            while (Starts[hint + 1] <= row)
                hint++;
        }

        return Blocks[hint];
    }
}

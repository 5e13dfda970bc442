namespace GpuCtr.SoftCuda.Execution.Access;

/// <summary>Counts barriers, blocks and launches as one time, in which blocks come one after the other.</summary>
/// <param name="Launch">When the launch began.</param>
/// <param name="Block">When the block began.</param>
/// <param name="Now">When the last barrier of the block was.</param>
internal readonly record struct Clock(ulong Launch, ulong Block, ulong Now);

/// <summary>Who wrote and read a buffer last, to find threads that use one place without a barrier of their block between them.</summary>
/// <remarks>A cell stands for a word of 4 bytes, or for a byte once something smaller than a word was used.</remarks>
internal sealed class Shadow(long bytes)
{
    private const uint PageCells = 4096;

    private const int ThreadBits = 10, OtherThreads = 1, OtherBlocks = 2;

    private Cell[]?[] pages = new Cell[]?[(bytes + 3) / 4 / PageCells + 1];
    private int shift = 2;

    /// <summary>Notes an access of a thread and says with whom it collides; null if with nobody.</summary>
    public string? Note(long offset, int count, bool isStore, in Clock clock, int thread)
    {
        if (count < 4 && shift != 0)
            SplitWords();
        string? other = null;
        ulong end = (ulong)(offset + count - 1) >> shift, launchWrite = clock.Launch << ThreadBits, launchRead = clock.Launch << 2 + ThreadBits;
        for (ulong i = (ulong)offset >> shift; i <= end; i++)
        {
            ref Cell cell = ref (pages[i / PageCells] ??= new Cell[PageCells])[i % PageCells];
            if (cell.Write >= launchWrite)
                other ??= Writer(cell, clock, thread);
            if (isStore)
            {
                if (cell.Read >= launchRead)
                    other ??= Reader(cell, clock, thread);
                cell.Write = clock.Now << ThreadBits | (uint)thread;
            }
            else
                cell.Read = cell.Read < launchRead ? clock.Now << 2 + ThreadBits | (uint)thread << 2 : ReadAgain(cell.Read, clock, thread);
        }
        return other;
    }

    private static string? Writer(in Cell cell, in Clock clock, int thread)
    {
        ulong when = cell.Write >> ThreadBits;
        int who = (int)(cell.Write & (1 << ThreadBits) - 1);
        return when < clock.Block ? $"which thread {who} of another block wrote"
            : when == clock.Now && who != thread ? $"which thread {who} wrote"
            : null;
    }

    private static string? Reader(in Cell cell, in Clock clock, int thread)
    {
        ulong when = cell.Read >> 2 + ThreadBits;
        int who = (int)(cell.Read >> 2) & (1 << ThreadBits) - 1;
        return when < clock.Block || (cell.Read & OtherBlocks) != 0 ? "which another block read"
            : when == clock.Now && (who != thread || (cell.Read & OtherThreads) != 0) ? $"which thread {(who != thread ? who : "others")} read"
            : null;
    }

    private static ulong ReadAgain(ulong before, in Clock clock, int thread)
    {
        ulong when = before >> 2 + ThreadBits, mine = clock.Now << 2 + ThreadBits | (uint)thread << 2;
        if (when < clock.Block)
            return mine | OtherBlocks;
        if (when < clock.Now)
            return mine | before & OtherBlocks;
        return (before >> 2 & (1 << ThreadBits) - 1) == (uint)thread ? before : before | OtherThreads;
    }

    private void SplitWords()
    {
        Cell[]?[] words = pages;
        pages = new Cell[]?[words.Length * 4];
        for (int page = 0; page < words.Length; page++)
            for (int part = 0; part < 4 && words[page] is { } cells; part++)
            {
                Cell[] split = pages[4 * page + part] = new Cell[PageCells];
                for (long i = 0; i < PageCells; i++)
                    split[i] = cells[part * (PageCells / 4) + i / 4];
            }
        shift = 0;
    }

    private struct Cell
    {
        // When << 10 | thread.
        public ulong Write;

        // When << 12 | thread << 2 | whether other threads since the barrier, other blocks of the launch.
        public ulong Read;
    }
}

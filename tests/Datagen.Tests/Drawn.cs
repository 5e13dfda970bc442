namespace GpuCtr.Datagen.Tests;

/// <summary>Rows drawn in memory, without files.</summary>
internal static class Drawn
{
    public static (IRowBlock Block, CriteoRows Rows, TruthFigures Figures) Rows(ulong seed, int numeric, int categorical, int maxCardinality, int count)
    {
        var stream = CounterStream.FromSeed(seed);
        var table = new CriteoTable(stream.Child(0), numeric, categorical, maxCardinality);
        var block = table.NewBlock(count);
        block.Fill(stream.Child(1), 0, count);
        var rows = new CriteoRows(table.Fields, count);
        rows.Fill(stream.Child(1), 0, count);
        var tally = new TruthTally(count);
        tally.Add(0, block);
        return (block, rows, tally.Figures());
    }
}

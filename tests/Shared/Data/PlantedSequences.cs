using Parquet;

namespace GpuCtr.Tests;

/// <summary>Sequences in which an item follows another by a rule: there are 23, and item i is followed by 3 i + 1 mod 23. All except the fixed point 11 are on cycles of 11, so no item occurs twice in a short enough sequence.</summary>
public static class PlantedSequences
{
    public const int Items = 23, Longest = 9;

    private const int FixedPoint = 11;

    public static long Next(long item) => (3 * item + 1) % Items;

    /// <summary>Sequences of 4 to 9 items, each from a random one on.</summary>
    public static long[][] Of(int rows, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, rows).Select(_ =>
        {
            long item = random.Next(Items);
            List<long> sequence = [item == FixedPoint ? 0 : item];
            for (int n = random.Next(4, Longest + 1); sequence.Count < n;)
                sequence.Add(Next(sequence[^1]));
            return sequence.ToArray();
        })];
    }

    /// <summary>A file with a user and their list <c>hist_item</c> in each row, in row groups of 50.</summary>
    public static string File(TempFolder folder, string name, long[][] sequences) => new TestShard()
        .Column("user", [.. Enumerable.Range(0, sequences.Length).Select(u => 1000L + u)])
        .Lists("hist_item", [.. sequences.Select(s => s.Select(i => (long?)i).ToArray())])
        .Write(folder.File(name), groupRows: 50);
}

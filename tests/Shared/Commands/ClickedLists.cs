namespace GpuCtr.Tests;

/// <summary>Lists of 3 to 8 items of two kinds, in which an item is clicked if it is the cheapest of its kind: the label of an item depends on the others.</summary>
public sealed class ClickedLists
{
    private readonly long[] request, kind;
    private readonly float[] price;
    private readonly int[] label;

    public ClickedLists(int lists, int seed, int firstRequest = 0)
    {
        Random random = new(seed);
        Lengths = [.. Enumerable.Range(0, lists).Select(_ => random.Next(3, 9))];
        request = [.. Lengths.SelectMany((length, list) => Enumerable.Repeat(firstRequest + (long)list, length))];
        kind = [.. request.Select(_ => (long)random.Next(2))];
        price = [.. request.Select(_ => random.NextSingle())];
        label = [.. request.Select((_, row) => Enumerable.Range(0, request.Length).Where(r => Math.Abs(r - row) < 9 && request[r] == request[row] && kind[r] == kind[row]).All(r => price[r] >= price[row]) ? 1 : 0)];
    }

    /// <summary>Items of each list.</summary>
    public int[] Lengths { get; }

    /// <summary>The id of the list of every row.</summary>
    public IReadOnlyList<long> Requests => request;

    /// <summary>The label of every row.</summary>
    public IReadOnlyList<int> Labels => label;

    /// <summary>Writes them; row groups cut through lists.</summary>
    public string Write(string path, int groupRows = 100, bool labelled = true)
    {
        TestShard shard = new TestShard().Column("request", request).Column("kind", kind).Column("price", price);
        return (labelled ? shard.Column("label", label) : shard).Write(path, groupRows);
    }

    /// <summary>Row <paramref name="i"/> as a value to score.</summary>
    public FeatureRow Fill(FeatureRow row, int i) => FillKind(row, i).Set("price", price[i]);

    /// <summary>The same without its price.</summary>
    public FeatureRow FillKind(FeatureRow row, int i) => row.Clear().Set("kind", kind[i]);
}

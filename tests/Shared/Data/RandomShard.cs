namespace GpuCtr.Tests;

/// <summary>Rows of every kind of column: user, city, price with nulls, item and its history.</summary>
internal static class RandomShard
{
    public static TestShard Of(int rows, int seed)
    {
        var random = new Random(seed);
        T[] Each<T>(Func<int, T> make) => [.. Enumerable.Range(0, rows).Select(make)];
        return new TestShard()
            .Column("label", Each(_ => random.Next(2)))
            .Nullable("row", Each(i => (long?)i))
            .Column("user", Each(_ => (long)random.Next(50) << 30))
            .Text("city", Each(_ => random.Next(9) == 0 ? null : $"city {random.Next(20)}"))
            .Nullable("price", Each(_ => random.Next(5) == 0 ? (double?)null : random.NextDouble() * 100))
            .Column("item", Each(_ => (long)random.Next(30)))
            .Lists<long>("hist_item", Each(_ => random.Next(8) == 0 ? null : Enumerable.Range(0, random.Next(7)).Select(_ => (long?)random.Next(40)).ToArray()));
    }
}

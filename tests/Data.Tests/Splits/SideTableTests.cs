using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Tests.Splits;

/// <summary>Whole groups on one side, and rows of the three sides as they are read.</summary>
[Trait("Speed", "Fast")]
public sealed class SideTableTests : OwnFolder
{
    private const int Rows = 400, Users = 40, GroupRows = 13;

    private static long User(int row) => row * 31 % Users * (row * 31 % Users);

    private ShardSet Write(string name, Func<int, int> rowAt, int parts)
    {
        string folder = Directory.CreateDirectory(Folder.File(name)).FullName;
        int[][] rows = [.. Enumerable.Range(0, Rows).Select(rowAt).Chunk(Rows / parts)];
        for (int i = 0; i < rows.Length; i++)
        {
            new TestShard().Column("label", [.. rows[i].Select(r => r % 2)]).Column("row", rows[i]).Column("user", [.. rows[i].Select(User)])
                .Text("name", [.. rows[i].Select(r => User(r) == 0 ? null : $"u{User(r)}")]).Column("time", [.. rows[i].Select(r => (long)r * 7 % Rows)])
                .Write(Path.Combine(folder, $"{i}.parquet"), GroupRows);
        }

        return ShardSet.Resolve([folder]);
    }

    private static HashSet<int> Valid(ShardSet shards, SideTable sides, Func<int, int> rowAt) =>
        [.. shards.RowGroups.SelectMany(g => SideOfRows.In(sides, g)).Index().Where(s => s.Item == RowSide.Valid).Select(s => rowAt(s.Index))];

    [Theory]
    [InlineData("user")]
    [InlineData("name")]
    public void All_rows_of_a_value_are_on_one_side_wherever_they_are(string column)
    {
        HashSet<int>? first = null;
        foreach ((Func<int, int> rowAt, int parts) in new (Func<int, int>, int)[] { (r => r, 1), (r => Rows - 1 - r, 3), (r => r * 3 % Rows, 4) })
        {
            ShardSet shards = Write($"{column}{parts}", rowAt, parts);
            SideTable sides = new(shards, 2);
            sides.TakeGroups(RowSide.Valid, column, 0.25, "--valid-by");
            HashSet<int> valid = Valid(shards, sides, rowAt);
            HashSet<long> users = [.. valid.Select(User)];
            Assert.Equal(Enumerable.Range(0, Rows).Where(r => users.Contains(User(r))), valid.Order());
            Assert.InRange(users.Count, 4, 16);
            Assert.Equal(first ??= valid, valid);
        }
    }

    [Fact]
    public void At_least_one_group_validates_and_one_trains()
    {
        ShardSet shards = Write("few", r => r, 1);
        SideTable sides = new(shards, 2);
        sides.TakeGroups(RowSide.Valid, "user", 1e-9, "--valid-by");
        Assert.Single(Valid(shards, sides, r => r).Select(User).Distinct());
        Assert.Equal("10 rows validate: all those of one value of user", Assert.Single(sides.Notes));

        string path = new TestShard().Column("user", new long[5]).Column("price", new double[5]).Write(Folder.File("one.parquet"));
        ShardSet one = ShardSet.Resolve([path]);
        Assert.Equal(
            "--valid-by user: no rows would be left to train on; all rows of a value stay together, so choose a column with more values, or a share below --valid-fraction 0.1",
            Assert.Throws<GpuCtrException>(() => new SideTable(one, 1).TakeGroups(RowSide.Valid, "user", 0.1, "--valid-by")).Message);
        Assert.StartsWith("--valid-by usr: not every shard has this column with integers or strings", Assert.Throws<GpuCtrException>(() => new SideTable(one, 1).TakeGroups(RowSide.Valid, "usr", 0.1, "--valid-by")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_columns_shares_and_cuts_have_other_keys()
    {
        ShardSet shards = Write("keys", r => r, 1);
        string Key(Action<SideTable> take)
        {
            SideTable sides = new(shards, 1);
            take(sides);
            return sides.Key;
        }

        string[] keys = [
            Key(s => s.TakeGroups(RowSide.Valid, "user", 0.1, "")), Key(s => s.TakeGroups(RowSide.Valid, "name", 0.1, "")), Key(s => s.TakeGroups(RowSide.Valid, "user", 0.2, "")),
            Key(s => s.TakeLast(RowSide.Valid, LastRows.Parse("time:10%"), "")), Key(s => s.TakeLast(RowSide.Test, LastRows.Parse("time:10%"), "")), Key(s => s.TakeLast(RowSide.Valid, LastRows.Parse("time:200"), "")),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    /// <summary>In memory, streamed and from the cache of encoded rows, and from any batch on.</summary>
    [Theory]
    [InlineData(1L << 30, false)]
    [InlineData(1L, false)]
    [InlineData(1L, true)]
    public void Every_way_to_read_gives_the_rows_of_a_side(long memory, bool cached)
    {
        ShardSet shards = Write("ways", r => r, 2);
        SideTable sides = new(shards, 2);
        sides.TakeLast(RowSide.Test, LastRows.Parse("time:10%"), "--test-last");
        sides.TakeGroups(RowSide.Valid, "user", 0.2, "--valid-by");
        sides.Take(RowSide.Valid, RowSplit.ByHash(0.1));
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { Categorical = ["row"] }));
        using Dataset data = new(shards, encoder, new DatasetOptions { MemoryBytes = memory, CachePath = cached ? Folder.File("cache") : null });
        Assert.Equal(memory > 1, data.InMemory);
        RowSide[] expected = [.. shards.RowGroups.SelectMany(g => SideOfRows.In(sides, g))];
        using Device device = Device.Open("cpu", threads: 1);
        using Batch batch = new(device, encoder.Spec, 16);
        int field = encoder.Spec.Categorical.ToList().FindIndex(c => c.Name == "row");
        VocabularyTable table = encoder.Vocabularies[encoder.Spec.Categorical[field].Vocabulary];
        for (int epoch = 0; epoch < 2; epoch++)
        {
            foreach (RowSide side in Enum.GetValues<RowSide>())
            {
                int[] whole = Read(side, 0, int.MaxValue, epoch);
                Assert.Equal(Enumerable.Range(0, Rows).Where(r => expected[r] == side), whole.Order());
                Assert.Equal(whole.Length, data.CountRows(new(sides, side)));
                Assert.Equal(whole.Length, sides.Rows(side));
                Assert.Equal<IEnumerable<int>>(whole, [.. Read(side, 0, 2, epoch), .. Read(side, 32, int.MaxValue, epoch)]);
            }
        }

        int[] Read(RowSide side, long skip, int batches, int epoch)
        {
            using EpochReader reader = data.Read(new(sides, side), EpochOrder.Shuffle(7, epoch));
            reader.Skip(skip);
            List<int> rows = [];
            for (int i = 0; i < batches && reader.Next(batch); i++)
            {
                batch.Prepare();
                rows.AddRange(Enumerable.Range(0, batch.Rows).Select(b => (int)table.Integers[batch.IdAt(b, field) - 2]));
            }

            return [.. rows];
        }
    }
}

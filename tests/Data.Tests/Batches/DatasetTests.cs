using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Tests.Batches;

public sealed class DatasetTests : OwnFolder
{
    private readonly Device device = Device.Open("cpu");

    public override void Dispose()
    {
        base.Dispose();
        device.Dispose();
    }

    [Fact]
    public void Natural_order_hands_out_every_row_as_encoded()
    {
        Dataset data = Open(1234, 100);
        EncodedBlock[] blocks = data.Load([.. Enumerable.Range(0, 13)], default);
        using var batch = new Batch(device, data.Encoder.Spec, 64);
        using EpochReader reader = data.Read(RowPart.All, EpochOrder.Natural);
        int row = 0;
        while (reader.Next(batch))
        {
            Assert.Equal(Math.Min(64, 1234 - row), batch.Rows);
            for (int b = 0; b < batch.Rows; b++, row++)
                AssertRow(batch, b, blocks[row / 100], row % 100);
        }

        Assert.Equal(1234, row);
        Assert.Equal(1234, reader.RowsRead);
    }

    [Theory]
    [InlineData(1L << 30, true)]
    [InlineData(60_000, false)]
    [InlineData(1, false)]
    public void Shuffle_is_a_permutation_that_depends_on_seed_and_epoch_only(long memory, bool inMemory)
    {
        int[] Rows(ulong seed, int epoch, int workers, int batch)
        {
            Dataset data = Open(1234, 100, memory, workers);
            Assert.Equal(inMemory, data.InMemory);
            return Order(data, RowPart.All, EpochOrder.Shuffle(seed, epoch), batch);
        }

        int[] first = Rows(1, 0, 1, 64);
        Assert.Equal(Enumerable.Range(0, 1234), first.Order());
        Assert.NotEqual(Enumerable.Range(0, 1234), first);
        Assert.Equal(first, Rows(1, 0, 2, 500));
        Assert.NotEqual(first, Rows(1, 1, 1, 64));
        Assert.NotEqual(first, Rows(2, 0, 1, 64));
    }

    [Fact]
    public void Parts_of_a_split_are_disjoint_and_complete()
    {
        Dataset data = Open(1000, 128);
        var split = RowSplit.ByHash(0.25, 7);
        int[] train = Order(data, new RowPart(split, RowSide.Train), EpochOrder.Shuffle(1, 0), 64);
        int[] valid = Order(data, new RowPart(split, RowSide.Valid), EpochOrder.Natural, 64);
        Assert.Equal(Enumerable.Range(0, 1000), train.Concat(valid).Order());
        Assert.Equal(valid.Order(), valid);
        Assert.InRange(valid.Length, 200, 300);
    }

    [Fact]
    public void Skip_resumes_in_the_middle_of_an_epoch()
    {
        Dataset data = Open(700, 100, 30_000);
        int[] whole = Order(data, RowPart.All, EpochOrder.Shuffle(3, 2), 50);
        foreach (int skip in (int[])[0, 1, 50, 99, 350, 699, 700, 5000])
        {
            using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(3, 2));
            reader.Skip(skip);
            Assert.Equal(whole.Skip(skip), Order(reader, data, 50));
        }
    }

    [Fact]
    public void Long_lists_keep_their_most_recent_ids_and_are_counted()
    {
        long?[] million = [.. Enumerable.Range(0, 1_000_000).Select(i => (long?)(i % 1000))];
        ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", 0, 1, 0).Column("item", 1L, 2L, 3L).Lists("hist_item", million, [], [1, 2]).Write(Folder.File("s.parquet"))]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { MaxHistory = 4 }));
        var data = new Dataset(shards, encoder);
        using var batch = new Batch(device, encoder.Spec, 8);
        Assert.True(data.Read(RowPart.All, EpochOrder.Natural).Next(batch));
        Assert.Equal([0, 4, 4, 6], batch.Sequences[0].Offsets[..4].ToArray());
        Assert.Equal(new long[] { 996, 997, 998, 999, 1, 2 }.Select(encoder.Vocabularies[0].RowOf), batch.Sequences[0].TableRows[..6].ToArray());
        Assert.Equal([("hist_item", 1L, 999_996L)], data.Statistics.CutLists());
    }

    [Fact]
    public void Oov_values_take_the_last_row_and_are_counted()
    {
        ShardSet train = ShardSet.Resolve([new TestShard().Column("label", 0, 1, 0).Text("a", "x", "y", null).Write(Folder.File("train.parquet"))]);
        FeatureEncoder encoder = FeatureEncoder.Fit(train, FeaturePlan.Infer(train, new FeatureOptions()));
        ShardSet test = ShardSet.Resolve([new TestShard().Column("label", 0, 1, 0).Text("a", "new", null, "x").Write(Folder.File("test.parquet"))]);
        var data = new Dataset(test, encoder);
        Assert.Equal([4, 1, 2], data.Load([0], default)[0].TableRows);
        Assert.Equal([("a", 0, 1L, 3L)], data.Statistics.OovValues());
    }

    [Fact]
    public void Empty_and_one_row_shards_work()
    {
        string one = new TestShard().Column("label", 1).Column("a", 5).Write(Folder.File("one.parquet"));
        new TestShard().Column("label", Array.Empty<int>()).Column("a", Array.Empty<int>()).Write(Folder.File("empty.parquet"));
        new TestShard().Column("label", Array.Empty<int>()).Column("a", Array.Empty<int>()).Write(Folder.File("void.parquet"));
        ShardSet shards = ShardSet.Resolve([Folder.Path]);
        Assert.Equal(1, shards.Rows);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        var data = new Dataset(shards, encoder);
        using var batch = new Batch(device, encoder.Spec, 4);
        using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 0));
        Assert.True(reader.Next(batch));
        Assert.Equal((1, 2, 1f), (batch.Rows, batch.IdAt(0, 0), batch.Labels[0]));
        Assert.False(reader.Next(batch));
        ShardSet empty = ShardSet.Resolve([Folder.File("empty.parquet")]);
        Assert.Equal(ErrorKind.Data, Assert.Throws<GpuCtrException>(() => FeatureEncoder.Fit(empty, FeaturePlan.Infer(empty, new FeatureOptions()))).Kind);
        Assert.False(new Dataset(empty, encoder).Read(RowPart.All, EpochOrder.Natural).Next(batch));
    }

    [Fact]
    public void Bad_rows_within_the_budget_are_left_out_and_counted()
    {
        int rows = 1000;
        ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", [.. Enumerable.Range(0, rows).Select(i => i == 10 || i == 500 ? 7 : i % 2)])
            .Column("x", [.. Enumerable.Range(0, rows).Select(i => i == 500 || i == 900 ? double.NaN : i)])
            .Column("row", [.. Enumerable.Range(0, rows)]).Write(Folder.File("s.parquet"), 300)]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { BadRows = BadRowBudget.Parse("1%") }));
        var data = new Dataset(shards, encoder, new DatasetOptions { BadRows = BadRowBudget.Parse("1%") });
        for (int epoch = 0; epoch < 2; epoch++)
            Assert.Equal(rows - 3, Order(data, RowPart.All, EpochOrder.Shuffle(1, epoch), 64).Length);
        Assert.Equal(3, data.Statistics.BadRows);
        Assert.Equal(2, data.Statistics.BadRowsByReason["not finite in x"]);
        Assert.Equal(1, data.Statistics.BadRowsByReason["label not 0 or 1"]);
        var strict = new Dataset(shards, encoder, new DatasetOptions { BadRows = BadRowBudget.Parse("2") });
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Order(strict, RowPart.All, EpochOrder.Natural, 64));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("--bad-rows allows 2", failure.Message);
    }

    private Dataset Open(int rows, int groupRows, long memory = 4L << 30, int workers = 2)
    {
        string path = Folder.File("s.parquet");
        if (!File.Exists(path))
            RandomShard.Of(rows, 5).Write(path, groupRows);
        ShardSet shards = ShardSet.Resolve([path]);
        var options = new FeatureOptions { GroupId = "user", Categorical = ["user"] };
        return new Dataset(shards, FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options)), new DatasetOptions { MemoryBytes = memory, Workers = workers });
    }

    private int[] Order(Dataset data, RowPart part, EpochOrder order, int batchSize)
    {
        using EpochReader reader = data.Read(part, order);
        return Order(reader, data, batchSize);
    }

    private int[] Order(EpochReader reader, Dataset data, int batchSize)
    {
        int field = data.Encoder.Spec.Categorical.ToList().FindIndex(c => c.Name == "row");
        VocabularyTable table = data.Encoder.Vocabularies[data.Encoder.Spec.Categorical[field].Vocabulary];
        using var batch = new Batch(device, data.Encoder.Spec, batchSize);
        var rows = new List<int>();
        while (reader.Next(batch))
        {
            for (int b = 0; b < batch.Rows; b++)
                rows.Add((int)table.Integers[batch.IdAt(b, field) - 2]);
        }

        return [.. rows];
    }

    private static void AssertRow(Batch batch, int b, EncodedBlock block, int row)
    {
        FeatureSpec spec = batch.Spec;
        Assert.Equal(block.TableRows.AsSpan(row * spec.F, spec.F), batch.TableRows.Slice(b * spec.F, spec.F));
        Assert.Equal(block.Numeric.AsSpan(row * spec.N, spec.N), batch.Numeric.Slice(b * spec.N, spec.N));
        Assert.Equal((block.Labels[row], block.GroupKeys[row]), (batch.Labels[b], batch.GroupKeys[b]));
        EncodedSequence list = block.Sequences[0];
        BatchSequence got = batch.Sequences[0];
        Assert.Equal(list.TableRows[list.Offsets[row]..list.Offsets[row + 1]], got.TableRows[got.Offsets[b]..got.Offsets[b + 1]].ToArray());
    }
}

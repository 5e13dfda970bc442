using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Data.Tests.Batches;

/// <summary>Negatives of histories: drawn by a counter, with their other columns looked up, or read from columns.</summary>
[Collection(nameof(Alone))]
public sealed class NegativeTests : OwnFolder
{
    private const int Rows = 900, Items = 7;

    private readonly Device device = Device.Open("cpu");

    public override void Dispose()
    {
        base.Dispose();
        device.Dispose();
    }

    [Fact]
    public void Draws_are_uniform_over_items_that_are_not_the_click_with_their_category()
    {
        Dataset data = Open(Shop());
        Dictionary<(int Click, int Negative), int> drawn = [];
        int[] clicks = new int[Items];
        foreach (Entry e in Epoch(data, Sampler(data)).Where(e => e.Position > 0))
        {
            (int click, int negative) = (Value(data, "item", e.Item), Value(data, "item", e.NegativeItem));
            Assert.NotEqual(click, negative);
            Assert.Equal(100 + negative % 3, Value(data, "category", e.NegativeCategory));
            drawn[(click, negative)] = drawn.GetValueOrDefault((click, negative)) + 1;
            clicks[click]++;
        }

        // Each of the other items with probability 1 / (Items − 1), within five deviations.
        for (int click = 0; click < Items; click++)
        {
            for (int negative = 0; negative < Items; negative++)
            {
                double p = 1.0 / (Items - 1), expected = clicks[click] * p;
                Assert.True(negative == click || Math.Abs(drawn.GetValueOrDefault((click, negative)) - expected) < 5 * Math.Sqrt(expected * (1 - p)), $"{negative} beside {click}: {drawn.GetValueOrDefault((click, negative))} of {expected}");
            }
        }
    }

    [Fact]
    public void First_entry_of_a_history_has_padding_in_place_of_a_negative()
    {
        Dataset data = Open(Shop());
        Assert.All(Epoch(data, Sampler(data)), e => Assert.Equal(e.Position == 0, (e.NegativeItem, e.NegativeCategory) == (VocabularyTable.PaddingRow, VocabularyTable.PaddingRow)));
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 16)]
    [InlineData(3, 64)]
    public void Draws_do_not_depend_on_threads_batch_size_or_where_a_run_resumes(int threads, int batchSize)
    {
        Dataset data = Open(Shop());
        Entry[] expected = [.. Epoch(data, Sampler(data), batchSize: 50)];
        Assert.Equal(expected, Epoch(data, Sampler(data), threads, batchSize));
        long from = 7 * batchSize;
        Assert.Equal(expected.Where(e => e.Row >= from), Epoch(data, Sampler(data), threads, batchSize, skip: from));
    }

    [Fact]
    public void Draws_differ_between_epochs_and_seeds()
    {
        Dataset data = Open(Shop());
        Batch Drawn(ulong seed, int epoch)
        {
            Batch batch = new(device, data.Encoder.Spec.WithNegatives(), 200);
            using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 1));
            reader.Next(batch);
            new NegativeSampler(data.Encoder, seed).Draw(batch, epoch, 0);
            return batch;
        }

        int[] Of(ulong seed, int epoch)
        {
            using Batch batch = Drawn(seed, epoch);
            return [.. batch.Sequences[2].TableRows[..batch.Sequences[2].Offsets[200]]];
        }

        Assert.Equal(Of(1, 1), Of(1, 1));
        foreach ((ulong seed, int epoch) in new[] { (1UL, 2), (2UL, 1), (1UL << 40, 1) })
            Assert.InRange(Of(1, 1).Zip(Of(seed, epoch)).Count(d => d.First == d.Second), 1, Of(1, 1).Length / 3);
    }

    [Fact]
    public void Drawing_allocates_nothing()
    {
        Dataset data = Open(Shop());
        using Batch batch = new(device, data.Encoder.Spec.WithNegatives(), 64);
        using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 1));
        reader.Next(batch);
        NegativeSampler sampler = Sampler(data);
        Assert.Equal(0, Allocations.Least(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            sampler.Draw(batch, 1, 0);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    [Fact]
    public void Item_of_several_categories_has_the_most_frequent_of_them_and_null_only_without_another()
    {
        TestShard shard = new TestShard().Column("label", 0, 1, 0, 1)
            .Column("item", 1L, 2L, 3L, 1L).Nullable<long>("category", 20, 30, null, 10)
            .Lists<long>("hist_item", [1, 2], [1, 4], [3], [4, 5])
            .Lists<long>("hist_category", [10, 30], [null, 30], [null], [null, 30]);
        FeatureEncoder encoder = Fit(Write(shard));
        ItemAttribute learned = Assert.Single(encoder.State.ItemAttributes!);
        string Category(long item) => encoder.Vocabularies[1].Describe(learned.Rows[encoder.Vocabularies[0].RowOf(item)]);
        // 30 occurs four times, 10 twice, 20 once.
        Assert.Equal(["10", "30", "(null)", "30", "30"], new long[] { 1, 2, 3, 4, 5 }.Select(Category));
    }

    [Fact]
    public void What_was_learned_about_items_is_saved_cached_and_grows()
    {
        FeatureEncoder encoder = Fit(Write(Shop()));
        encoder.Save(Folder.File("saved"));
        Assert.Equal(encoder.State.ItemAttributes![0].Rows, FeatureEncoder.Load(Folder.File("saved")).State.ItemAttributes![0].Rows);

        ShardSet shards = ShardSet.Resolve([Folder.File("s.parquet")]);
        FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions());
        bool known = false;
        FeatureEncoder Cached(bool learnsItems) => FitCache.Fit(Folder.File("cache"), shards, plan, RowPart.All, _ => known = true, learnsItems: learnsItems);
        Assert.Null(Cached(false).State.ItemAttributes);
        Cached(true);
        Assert.False(known);
        Assert.Equal(encoder.State.ItemAttributes![0].Rows, Cached(true).State.ItemAttributes![0].Rows);
        Assert.True(known);

        // The next day has items 5 … 11 only, whose rows are others in its own vocabularies.
        FeatureEncoder grown = encoder.GrownBy(Fit(Write(Shop(seed: 2, firstItem: 5))));
        ItemAttribute attribute = Assert.Single(grown.State.ItemAttributes!);
        for (int item = 0; item < 5 + Items; item++)
            Assert.Equal(item < 5 ? "(null)" : $"{100 + item % 3}", grown.Vocabularies[1].Describe(attribute.Rows[grown.Vocabularies[0].RowOf(item)]));
    }

    [Fact]
    public void Damaged_attributes_of_items_are_refused()
    {
        Fit(Write(Shop())).Save(Folder.File("saved"));
        new TestShard().Column("row", [.. Enumerable.Repeat(1000L, Items + 3)]).Write(Folder.File("saved/vocab/attribute_000.parquet"));
        Assert.Contains("each from 0 to 5", Assert.Throws<GpuCtrException>(() => FeatureEncoder.Load(Folder.File("saved"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_rows_with_one_item_have_no_negatives()
    {
        FeatureEncoder encoder = Fit(Write(new TestShard().Column("label", 0, 1).Column("item", 1L, 1L).Lists<long>("hist_item", [1], [1])));
        Assert.Contains("'hist_item': negatives need at least two items", Assert.Throws<GpuCtrException>(() => new NegativeSampler(encoder, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Negatives_in_columns_are_read_cut_as_histories_and_not_counted()
    {
        string path = Write(WithNegatives([[5, 6, 7], [8], []], [[50, 60, 70], [80], []]));
        ShardSet shards = ShardSet.Resolve([path]);
        FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions { MaxHistory = 2 });
        Assert.Equal(["label", "categorical", "categorical", "history", "history", "negative", "negative"], plan.Columns.Select(c => c.RoleName));
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, plan, learnsItems: true);
        Assert.Null(encoder.State.ItemAttributes);
        encoder.Save(Folder.File("saved"));
        encoder = FeatureEncoder.Load(Folder.File("saved"));
        // Items 1 to 4 and no other: what only negatives have is out of vocabulary.
        Assert.Equal(4, encoder.Vocabularies[0].Distinct);
        using Batch batch = new(device, encoder.Spec.WithNegatives(), 3);
        using EpochReader reader = new Dataset(shards, encoder, new DatasetOptions { Training = true }).Read(RowPart.All, EpochOrder.Natural);
        Assert.True(reader.Next(batch));
        Assert.Equal([0, 2, 3, 3], batch.Sequences[2].Offsets[..4]);
        batch.Prepare();
        Assert.Equal([VocabularyTable.PaddingRow, encoder.Vocabularies[0].OovRow, VocabularyTable.PaddingRow], Enumerable.Range(0, 3).Select(batch.Sequences[2].IdAt));
    }

    [Fact]
    public void Rows_that_are_not_trained_on_need_no_negatives()
    {
        ShardSet train = ShardSet.Resolve([Write(WithNegatives([[1, 2, 3], [4], []], [[10, 20, 30], [40], []]))]);
        FeaturePlan plan = FeaturePlan.Infer(train, new FeatureOptions());
        FeatureEncoder encoder = FeatureEncoder.Fit(train, plan);
        ShardSet other = ShardSet.Resolve([WithNegatives(null, null).Write(Folder.File("test.parquet"))]);
        other.Check(plan.Requests, "the run trains");
        using Batch batch = new(device, encoder.Spec.WithNegatives(), 3);
        using EpochReader reader = new Dataset(other, encoder).Read(RowPart.All, EpochOrder.Natural);
        Assert.True(reader.Next(batch));
        batch.Prepare(training: false);
        Assert.Contains("column 'neg_hist_item' is missing", Assert.Throws<GpuCtrException>(() => new Dataset(other, encoder, new DatasetOptions { Training = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Negatives_of_another_length_name_file_columns_and_row()
    {
        string path = Write(WithNegatives([[1, 2, 3], [4, 4], []], [[10, 20, 30], [40, 40], []]));
        ShardSet shards = ShardSet.Resolve([path]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        Dataset strict = new(shards, encoder, new DatasetOptions { Training = true });
        using Batch batch = new(device, encoder.Spec.WithNegatives(), 3);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => strict.Read(RowPart.All, EpochOrder.Natural).Next(batch));
        Assert.Contains($"{path}: row group 0, row 1: hist_item has 1 entries and neg_hist_item has 2, but a history and its negatives must have equal lengths", failure.Message, StringComparison.Ordinal);
        using EpochReader tolerant = new Dataset(shards, encoder, new DatasetOptions { Training = true, BadRows = BadRowBudget.Parse("1") }).Read(RowPart.All, EpochOrder.Natural);
        Assert.True(tolerant.Next(batch));
        Assert.Equal(2, batch.Rows);
    }

    [Fact]
    public void Negatives_of_one_history_and_not_of_the_other_are_refused()
    {
        ShardSet shards = ShardSet.Resolve([Write(WithNegatives([[1, 2, 3], [4], []], null))]);
        Assert.Contains("there is no list 'neg_hist_category' of list<int64>", FeaturePlan.Infer(shards, new FeatureOptions()).MissingNegatives(), StringComparison.Ordinal);
        Assert.Null(FeaturePlan.Infer(shards, new FeatureOptions { Exclude = ["neg_hist_item"] }).MissingNegatives());
    }

    /// <summary>An entry of a history with its negative, as ids.</summary>
    private sealed record Entry(long Row, int Position, int Item, int NegativeItem, int NegativeCategory);

    /// <summary>All entries of an epoch, in its order.</summary>
    private IEnumerable<Entry> Epoch(Dataset data, NegativeSampler sampler, int threads = 1, int batchSize = 32, long skip = 0)
    {
        using BatchLoader loader = new(device, data.Encoder.Spec.WithNegatives(), batchSize, threadCount: threads, negatives: sampler);
        EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(5, 3));
        reader.Skip(skip);
        loader.Start(reader);
        long row = skip;
        while (loader.Next() is { } batch)
        {
            BatchSequence items = batch.Sequences[0], negatives = batch.Sequences[2], categories = batch.Sequences[3];
            Assert.Equal(["hist_item", "hist_category", "neg_hist_item", "neg_hist_category"], batch.Sequences.Select(s => s.Field.Name));
            for (int b = 0; b < batch.Rows; b++, row++)
            {
                for (int t = items.Offsets[b]; t < items.Offsets[b + 1]; t++)
                    yield return new Entry(row, t - items.Offsets[b], items.IdAt(t), negatives.IdAt(t), categories.IdAt(t));
            }

            loader.Release(batch);
        }
    }

    private static int Value(Dataset data, string vocabulary, int id) => int.Parse(data.Encoder.Vocabularies.Single(v => v.Name == vocabulary).Describe(id), System.Globalization.CultureInfo.InvariantCulture);

    private static NegativeSampler Sampler(Dataset data) => new(data.Encoder, 11);

    private Dataset Open(TestShard shard)
    {
        string path = Write(shard);
        return new Dataset(ShardSet.Resolve([path]), Fit(path));
    }

    private static FeatureEncoder Fit(string path)
    {
        ShardSet shards = ShardSet.Resolve([path]);
        return FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()), learnsItems: true);
    }

    private string Write(TestShard shard) => shard.Write(Folder.File("s.parquet"), groupRows: 130);

    /// <summary>Items whose category is 100 + item mod 3, and histories of up to five.</summary>
    private static TestShard Shop(int seed = 1, int firstItem = 0)
    {
        Random random = new(seed);
        long[] items = [.. Enumerable.Range(0, Rows).Select(_ => (long)firstItem + random.Next(Items))];
        long?[][] histories = [.. items.Select(_ => Enumerable.Range(0, random.Next(6)).Select(_ => (long?)firstItem + random.Next(Items)).ToArray())];
        return new TestShard().Column("label", [.. items.Select(_ => random.Next(2))])
            .Column("item", items).Column("category", [.. items.Select(i => 100 + i % 3)])
            .Lists<long>("hist_item", histories).Lists<long>("hist_category", [.. histories.Select(h => h.Select(i => 100 + i % 3).ToArray())]);
    }

    private static TestShard WithNegatives(long?[][]? items, long?[][]? categories)
    {
        TestShard shard = new TestShard().Column("label", 0, 1, 0)
            .Column("item", 1L, 2L, 3L).Column("category", 10L, 20L, 30L)
            .Lists<long>("hist_item", [1, 2, 3], [4], []).Lists<long>("hist_category", [10, 20, 30], [40], []);
        shard = items is null ? shard : shard.Lists<long>("neg_hist_item", items);
        return categories is null ? shard : shard.Lists<long>("neg_hist_category", categories);
    }
}

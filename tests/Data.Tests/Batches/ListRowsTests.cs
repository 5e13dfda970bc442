using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Tests.Batches;

/// <summary>Rows that are read list by list: row groups of 7 rows cut through lists of up to 20.</summary>
public sealed class ListRowsTests : OwnFolder
{
    private const int GroupRows = 7, Longest = 20, BatchRows = 24;

    private readonly Device device = Device.Open("cpu");

    public static TheoryData<long, bool> Memories => new() { { 1L << 30, false }, { 20_000, false }, { 1, false }, { 1, true } };

    public override void Dispose()
    {
        base.Dispose();
        device.Dispose();
    }

    [Theory]
    [MemberData(nameof(Memories))]
    public void Batches_hold_whole_lists_in_the_order_shown_and_every_row_once(long memory, bool cached)
    {
        (Dataset data, int[] requests) = Open(memory, cached);
        foreach (EpochOrder order in new[] { EpochOrder.Natural, EpochOrder.Shuffle(1, 0), EpochOrder.Shuffle(1, 1) })
        {
            int[][] lists = Lists(data, RowPart.All, order);
            Assert.Equal(Enumerable.Range(0, requests.Length), lists.SelectMany(l => l).Order());
            foreach (int[] list in lists)
            {
                Assert.Single(list.Select(row => requests[row]).Distinct());
                Assert.Equal(Enumerable.Range(list[0], list.Length), list);
            }
            Assert.Equal(requests.Distinct().Count(), lists.Length);
            Assert.Equal(order == EpochOrder.Natural, lists.Select(l => l[0]).SequenceEqual(lists.Select(l => l[0]).Order()));
        }
    }

    [Fact]
    public void Order_depends_on_seed_epoch_and_window_only()
    {
        int[] Order(long memory, int workers, ulong seed, int epoch, int rows, bool cached = false) => [.. Lists(Open(memory, cached, workers).Data, RowPart.All, EpochOrder.Shuffle(seed, epoch), rows).SelectMany(l => l)];
        foreach (long memory in new[] { 1L << 30, 1L })
        {
            int[] first = Order(memory, 1, 1, 0, BatchRows);
            Assert.Equal(first, Order(memory, 3, 1, 0, 70));
            Assert.Equal(first, Order(memory, 2, 1, 0, BatchRows, cached: true));
            Assert.NotEqual(first, Order(memory, 1, 2, 0, BatchRows));
            Assert.NotEqual(first, Order(memory, 1, 1, 1, BatchRows));
        }
    }

    [Fact]
    public void A_list_is_on_one_side_of_a_split_wherever_its_rows_are()
    {
        (Dataset data, int[] requests) = Open(1);
        RowSplit split = RowSplit.ByList(data.Shards.Lists("request"), 0.3, 7);
        int[][] train = Lists(data, new(split, RowSide.Train), EpochOrder.Shuffle(1, 0)), valid = Lists(data, new(split, RowSide.Valid), EpochOrder.Natural);
        Assert.Equal(Enumerable.Range(0, requests.Length), train.Concat(valid).SelectMany(l => l).Order());
        HashSet<int> chosen = [.. valid.Select(l => requests[l[0]])];
        Assert.Empty(chosen.Intersect(train.Select(l => requests[l[0]])));
        Assert.InRange(chosen.Count, 0.15 * requests.Distinct().Count(), 0.45 * requests.Distinct().Count());
        Assert.Equal(valid.Sum(l => l.Length), data.CountRows(new(split, RowSide.Valid)));
        // The same requests in another order, in one file.
        int[] turned = [.. requests.Reverse()];
        ShardSet other = ShardSet.Resolve([Write("turned.parquet", turned, 0)]);
        bool[] marks = new bool[GroupRows];
        RowSplit same = RowSplit.ByList(other.Lists("request"), 0.3, 7);
        foreach (RowGroupRef group in other.RowGroups)
        {
            same.Mark(group, RowSide.Valid, marks.AsSpan(0, group.Rows));
            for (int r = 0; r < group.Rows; r++)
                Assert.Equal(chosen.Contains(turned[(int)group.FirstRow + r]), marks[r]);
        }
    }

    [Theory]
    [InlineData(1L << 30)]
    [InlineData(1L)]
    public void Skip_resumes_at_any_batch(long memory)
    {
        Dataset data = Open(memory).Data;
        int[] whole = [.. Lists(data, RowPart.All, EpochOrder.Shuffle(3, 2)).SelectMany(l => l)];
        using Batch batch = Slot(data, BatchRows);
        using EpochReader first = data.Read(RowPart.All, EpochOrder.Shuffle(3, 2));
        while (first.Next(batch))
        {
            using EpochReader rest = data.Read(RowPart.All, EpochOrder.Shuffle(3, 2));
            rest.Skip(first.RowsRead);
            Assert.Equal(whole.Skip((int)first.RowsRead), Lists(rest, data, BatchRows).SelectMany(l => l));
        }
    }

    [Fact]
    public void Bad_rows_leave_their_list_and_a_list_of_bad_rows_is_none()
    {
        int[] requests = [1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4];
        string path = new TestShard().Column("label", [.. requests.Select((_, r) => r is 1 or 8 or 10 ? 7 : r % 2)]).Column("request", requests).Column("row", [.. Enumerable.Range(0, requests.Length)]).Write(Folder.File("bad.parquet"), 4);
        ShardSet shards = ShardSet.Resolve([path]);
        BadRowBudget budget = BadRowBudget.Parse("3");
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { GroupId = "request", Categorical = ["row"], BadRows = budget }));
        Dataset data = new(shards, encoder, new DatasetOptions { ListRows = 5, BadRows = budget });
        Assert.Equal([[0, 2], [3, 4], [5, 6, 7, 9]], Lists(data, RowPart.All, EpochOrder.Natural, 5));
    }

    [Fact]
    public void What_is_wrong_with_lists_is_told_with_its_place()
    {
        GpuCtrException Failure(int most, params int?[][] files)
        {
            string name = $"{Guid.NewGuid():N}";
            string[] paths = [.. files.Select((requests, i) => new TestShard().Column("label", [.. requests.Select((_, r) => r % 2)]).Column("row", [.. requests.Select((_, r) => r)]).Nullable("request", requests).Write(Folder.File($"{name}{i}.parquet"), 4))];
            ShardSet shards = ShardSet.Resolve(paths);
            FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { GroupId = "request" }));
            return Assert.Throws<GpuCtrException>(() => new Dataset(shards, encoder, new DatasetOptions { ListRows = most }));
        }

        GpuCtrException repeated = Failure(9, [1, 1, 2, 2, 2, 3, 1]);
        Assert.Equal(ErrorKind.Data, repeated.Kind);
        Assert.Matches(@"0\.parquet: row group 1, row 6: this value of 'request' was there before, at .*0\.parquet: row group 0, row 0, with others between; .* sort the rows by 'request'", repeated.Message);
        // A list does not go on in another file.
        Assert.Contains("row group 0, row 0: this value of 'request' was there before, at ", Failure(9, [1, 2, 2], [2, 3]).Message, StringComparison.Ordinal);
        Assert.Contains("row group 1, row 5: 'request' is null", Failure(9, [1, 1, 2, 2, 2, null, 3]).Message, StringComparison.Ordinal);
        GpuCtrException longer = Failure(6, [1, 1, 2, 2, 2, 2, 2, 2, 2, 3]);
        Assert.Equal(ErrorKind.Usage, longer.Kind);
        Assert.Contains("row group 0, row 2: the list that begins here has 7 rows with the same value of 'request', and a batch has at most 6 rows; a batch holds whole lists: use --batch-size 7 or more", longer.Message, StringComparison.Ordinal);
    }

    private (Dataset Data, int[] Requests) Open(long memory, bool cached = false, int workers = 2)
    {
        Random random = new(5);
        int[][] files = [.. Enumerable.Range(0, 3).Select(file => Enumerable.Range(0, 25).SelectMany(list => Enumerable.Repeat(100 * file + list, 1 + (list == 0 ? Longest - 1 : random.Next(9)))).ToArray())];
        string[] paths = [.. files.Select((requests, i) => Write($"s{i}.parquet", requests, files.Take(i).Sum(f => f.Length)))];
        ShardSet shards = ShardSet.Resolve(paths, workers);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { GroupId = "request", Categorical = ["row"] }));
        DatasetOptions options = new() { MemoryBytes = memory, Workers = workers, ListRows = BatchRows, CachePath = cached ? Folder.File($"cache/{Guid.NewGuid():N}") : null };
        return (new Dataset(shards, encoder, options), [.. files.SelectMany(f => f)]);
    }

    private string Write(string name, int[] requests, int firstRow) => File.Exists(Folder.File(name)) ? Folder.File(name) : new TestShard()
        .Column("label", [.. requests.Select((_, r) => r % 2)]).Column("request", requests).Column("row", [.. requests.Select((_, r) => firstRow + r)]).Lists<long>("tags", [.. requests.Select((_, r) => new long?[] { r % 3, 5 })])
        .Write(Folder.File(name), GroupRows);

    private int[][] Lists(Dataset data, RowPart part, EpochOrder order, int rows = BatchRows)
    {
        using EpochReader reader = data.Read(part, order);
        return Lists(reader, data, rows);
    }

    /// <summary>The rows of every list, in the order in which they are read.</summary>
    private int[][] Lists(EpochReader reader, Dataset data, int rows)
    {
        int field = data.Encoder.Spec.Categorical.ToList().FindIndex(c => c.Name == "row");
        VocabularyTable table = data.Encoder.Vocabularies[data.Encoder.Spec.Categorical[field].Vocabulary];
        using Batch batch = Slot(data, rows);
        List<int[]> lists = [];
        while (reader.Next(batch))
        {
            batch.Prepare();
            int[] starts = batch.Lists!.Starts.ToArray(), read = [.. Enumerable.Range(0, batch.Rows).Select(b => (int)table.Integers[batch.IdAt(b, field) - 2])];
            Assert.Equal(batch.Rows, starts[^1]);
            for (int list = 0; list + 1 < starts.Length; list++)
                lists.Add(read[starts[list]..starts[list + 1]]);
        }
        return [.. lists];
    }

    private Batch Slot(Dataset data, int rows) => new(device, data.Encoder.Spec with { HasLists = true }, rows);
}

using System.IO.Hashing;
using System.Runtime.InteropServices;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Tests.Batches;

public sealed class EncodedCacheTests : OwnFolder
{
    private const long Memory = 100_000;
    private readonly Device device = Device.Open("cpu");

    public override void Dispose()
    {
        base.Dispose();
        device.Dispose();
    }

    private string Blocks => Folder.File("cache/train.blocks");

    private string Index => Folder.File("cache/train.index");

    [Fact]
    public void Epochs_after_the_first_are_the_same_and_never_touch_parquet()
    {
        ulong[] decoded = Epochs(Open(cached: false), 3);
        Dataset data = Open(cached: true);
        Assert.False(data.InMemory);
        Assert.Equal(decoded[0], Epoch(data, 1));
        File.Delete(Folder.File("s.parquet"));
        Assert.Equal(decoded[1], Epoch(data, 2));
        Assert.Equal(decoded[2], Epoch(data, 3));
        Assert.Null(data.CacheTrouble);
        data.DropCache();
        Assert.Empty(Directory.GetFiles(Folder.File("cache")));
    }

    [Fact]
    public void What_one_process_wrote_the_next_one_reads()
    {
        ulong expected = Epoch(Open(cached: false), 1);
        using (Dataset first = Open(cached: true))
            Epoch(first, 1);
        long written = new FileInfo(Index).Length;
        using Dataset second = Open(cached: true);
        Assert.Equal(expected, Epoch(second, 1));
        second.Dispose();
        Assert.Equal(written, new FileInfo(Index).Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Damaged_bytes_are_encoded_again(bool inBlocks)
    {
        ulong expected = Epoch(Open(cached: false), 1);
        string path = inBlocks ? Blocks : Index;
        var random = new Random(3);
        for (int i = 0; i < 25; i++)
        {
            // A block that is encoded again leaves bytes in the file that are never read.
            EncodedCache.Delete(Folder.File("cache/train"));
            using (Dataset first = Open(cached: true))
                Epoch(first, 1);
            byte[] bytes = File.ReadAllBytes(path);
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, i % 5 == 4 ? bytes[..random.Next(bytes.Length)] : bytes);
            using Dataset second = Open(cached: true);
            Assert.Equal(expected, Epoch(second, 1));
            if (inBlocks)
                Assert.Contains("encoded again", second.CacheTrouble);
        }
    }

    [Fact]
    public void A_cache_of_other_shards_is_not_used()
    {
        using (Dataset first = Open(cached: true))
            Epoch(first, 1);
        RandomShard.Of(2000, 6).Write(Folder.File("s.parquet"), 100);
        ulong expected = Epoch(Open(cached: false), 1);
        using Dataset second = Open(cached: true);
        Assert.Equal(expected, Epoch(second, 1));
    }

    [Fact]
    public void A_place_that_cannot_be_written_costs_speed_and_nothing_else()
    {
        ulong expected = Epoch(Open(cached: false), 1);
        File.WriteAllText(Folder.File("cache"), "a file where a folder should be");
        Dataset data = Open(cached: true);
        Assert.Equal(expected, Epoch(data, 1));
        Assert.NotNull(data.CacheTrouble);
    }

    [Fact]
    public void Bad_rows_stay_left_out_and_are_counted_once()
    {
        int[] labels = [.. Enumerable.Range(0, 2000).Select(i => i % 100 == 7 ? 5 : i % 2)];
        string path = new TestShard().Column("label", labels).Column("a", [.. Enumerable.Range(0, 2000)]).Write(Folder.File("s.parquet"), 100);
        using Dataset first = Open(cached: true, badRows: "1%");
        ulong expected = Epoch(first, 1);
        first.Dispose();
        using Dataset second = Open(cached: true, badRows: "1%");
        Assert.Equal(expected, Epoch(second, 1));
        Assert.Equal((20, 2000), (second.Statistics.BadRows, second.Statistics.Rows));
        Assert.Equal(20, second.Statistics.BadRowsByReason["label not 0 or 1"]);
    }

    private ulong[] Epochs(Dataset data, int count) => [.. Enumerable.Range(1, count).Select(e => Epoch(data, e))];

    private ulong Epoch(Dataset data, int epoch)
    {
        using EpochReader reader = data.Read(new RowPart(RowSplit.ByHash(0.1), RowSide.Train), EpochOrder.Shuffle(1, epoch));
        using var batch = new Batch(device, data.Encoder.Spec, 64);
        var hash = new XxHash3();
        while (reader.Next(batch))
        {
            hash.Append(MemoryMarshal.AsBytes(batch.TableRows[..(batch.Rows * data.Encoder.Spec.F)]));
            hash.Append(MemoryMarshal.AsBytes(batch.Numeric[..(batch.Rows * data.Encoder.Spec.N)]));
            hash.Append(MemoryMarshal.AsBytes(batch.Labels[..batch.Rows]));
            hash.Append(MemoryMarshal.AsBytes(batch.GroupKeys.AsSpan(0, batch.Rows)));
            foreach (BatchSequence s in batch.Sequences)
            {
                hash.Append(MemoryMarshal.AsBytes(s.Offsets[..(batch.Rows + 1)]));
                hash.Append(MemoryMarshal.AsBytes(s.TableRows[..s.Offsets[batch.Rows]]));
            }
        }

        return hash.GetCurrentHashAsUInt64();
    }

    private Dataset Open(bool cached, string badRows = "0")
    {
        string path = Folder.File("s.parquet");
        if (!File.Exists(path))
            RandomShard.Of(5000, 5).Write(path, 100);
        ShardSet shards = ShardSet.Resolve([path]);
        var budget = BadRowBudget.Parse(badRows);
        var options = new FeatureOptions { GroupId = shards.Column("user") is null ? null : "user", BadRows = budget };
        long memory = shards.Column("user") is null ? 10_000 : Memory;
        return new Dataset(
            shards, FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options)),
            new DatasetOptions { MemoryBytes = memory, BadRows = budget, CachePath = cached ? Folder.File("cache/train") : null });
    }
}

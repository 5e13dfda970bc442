using System.Globalization;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using Xunit.Abstractions;

namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Damaged shards: GPU_CTR_MUTANTS of them, 2,000 unless it is set.</summary>
public sealed class MutantTests(ITestOutputHelper output) : OwnFolder
{
    private const long MostBytes = 1L << 30;
    private static readonly int mutants = int.TryParse(Environment.GetEnvironmentVariable("GPU_CTR_MUTANTS"), CultureInfo.InvariantCulture, out int n) ? n : 2000;

    private readonly Dictionary<string, int> ends = [];

    [Fact]
    public void A_damaged_shard_ends_in_its_own_values_or_in_one_failure()
    {
        (string Path, bool HasChecksums)[] written = [.. WrittenShards.Write(Folder)];
        (byte[] Bytes, string Values, bool HasChecksums)[] originals = [.. written.Select(w => (File.ReadAllBytes(w.Path), Values(w.Path), w.HasChecksums))];
        for (int i = 0; i < mutants; i++)
        {
            (byte[] bytes, string values, bool hasChecksums) = originals[i % originals.Length];
            string path = Folder.File($"mutant{i % 50}.parquet");
            byte[] damaged = Mutant.Of(bytes, i);
            File.WriteAllBytes(path, damaged);
            string end = "";
            Patience.Ends(() => end = Read(path, values));
            // Pages may have checksums, the footer has none: damage that only a manifest could detect must merely not crash.
            bool canTell = hasChecksums && FooterOf(damaged).SequenceEqual(FooterOf(bytes));
            Assert.True(end != "other values" || !canTell, $"mutant {i} of {Path.GetFileName(written[i % originals.Length].Path)} has other values");
            string kind = $"{end}{(canTell ? ", pages with checksums" : "")}";
            ends[kind] = ends.GetValueOrDefault(kind) + 1;
        }

        foreach ((string end, int count) in ends.OrderBy(e => e.Key))
            output.WriteLine($"{count,6} {end}");
        Assert.True(ends.Count > 3, "not every way of ending was seen");
    }

    [Fact]
    public void A_damaged_shard_that_a_manifest_lists_is_always_refused()
    {
        (string Path, bool HasChecksums)[] written = [.. WrittenShards.Write(Folder)];
        ShardManifest.Write(ShardSet.Resolve([Folder.Path + "/net-*.parquet"]), 2);
        byte[][] originals = [.. written.Where(w => !w.HasChecksums).Select(w => File.ReadAllBytes(w.Path))];
        for (int i = 0; i < mutants / 10; i++)
        {
            string path = written[i % originals.Length].Path;
            byte[] damaged = Mutant.Of(originals[i % originals.Length], i);
            File.WriteAllBytes(path, damaged);
            if (!damaged.AsSpan().SequenceEqual(originals[i % originals.Length]))
                Assert.Equal(ErrorKind.Data, Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([path])).Kind);
            File.WriteAllBytes(path, originals[i % originals.Length]);
        }
    }

    /// <summary>Reads everything, then fits vocabularies and encodes, as a run does. Other tests allocate on threads of their own.</summary>
    private static string Read(string path, string expected)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string end;
        try
        {
            end = Values(path) == expected ? "its own values" : "other values";
            ShardSet shards = ShardSet.Resolve([path], workers: 1);
            FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { Workers = 1 }));
            new Dataset(shards, encoder, new DatasetOptions { Workers = 1 }).Load([.. Enumerable.Range(0, shards.RowGroups.Count)], default);
        }
        catch (GpuCtrException failure)
        {
            Assert.True(failure.Kind is ErrorKind.Data or ErrorKind.Usage, $"{failure.Kind}: {failure.Message}");
            Assert.DoesNotContain('\n', failure.Message);
            end = $"exit {(int)failure.Kind}";
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MostBytes, $"{path} allocated {allocated} bytes");
        return end;
    }

    private static ReadOnlySpan<byte> FooterOf(byte[] bytes) =>
        bytes.Length >= 8 && BitConverter.ToInt32(bytes, bytes.Length - 8) is >= 0 and int length && length <= bytes.Length - 8 ? bytes.AsSpan(bytes.Length - 8 - length) : [];

    private static string Values(string path)
    {
        Shard shard = Shard.Open(path, 0);
        return string.Join('\n', shard.Columns.Select(c => $"{c.Name} {c.TypeName} {string.Join(' ', SecondReader.OurRows(shard, c.Name))}"));
    }
}

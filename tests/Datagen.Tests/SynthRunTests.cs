using Parquet;

namespace GpuCtr.Datagen.Tests;

public sealed class SynthRunTests : OwnFolder
{
    [Fact]
    public async Task Files_of_the_same_seed_have_the_same_bytes()
    {
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("a")));
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("b")));
        string[] names = ["shard-0.parquet", "shard-1.parquet", "shard-2.parquet", "test.parquet", "truth.json"];
        Assert.Equal(names, Directory.GetFiles(Folder.File("a")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string name in names)
            Assert.Equal(File.ReadAllBytes(Folder.File($"a/{name}")), File.ReadAllBytes(Folder.File($"b/{name}")));
    }

    [Fact]
    public async Task Files_of_another_seed_differ()
    {
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("a"), seed: 1));
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("b"), seed: 2));
        Assert.NotEqual(File.ReadAllBytes(Folder.File("a/shard-0.parquet")), File.ReadAllBytes(Folder.File("b/shard-0.parquet")));
    }

    [Fact]
    public async Task Rows_do_not_depend_on_the_number_of_shards()
    {
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("three")));
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("one")) with { Shards = 1 });
        var three = new List<float>();
        for (int k = 0; k < 3; k++)
            three.AddRange(await FirstColumnAsync(Folder.File($"three/shard-{k}.parquet")));
        Assert.Equal(await FirstColumnAsync(Folder.File("one/shard-0.parquet")), three);
    }

    [Fact]
    public async Task Test_rows_are_other_rows_than_those_of_training()
    {
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("a")));
        float[] training = await FirstColumnAsync(Folder.File("a/shard-0.parquet")), test = await FirstColumnAsync(Folder.File("a/test.parquet"));
        Assert.Equal(500, test.Length);
        Assert.InRange(test.Where((value, i) => value == training[i]).Count(), 0, 50);
    }

    [Fact]
    public async Task Shards_hold_exactly_the_rows_asked_for()
    {
        await SmallRun.ExecuteAsync(SmallRun.Request(Folder.File("a")));
        var counts = new List<long>();
        for (int k = 0; k < 3; k++)
            counts.Add((await FirstColumnAsync(Folder.File($"a/shard-{k}.parquet"))).Length);
        Assert.Equal([3334, 3334, 3333], counts);
    }

    [Fact]
    public async Task Folder_that_is_filled_is_refused_unless_overwriting()
    {
        var request = SmallRun.Request(Folder.File("a"));
        await SmallRun.ExecuteAsync(request);
        var refused = await Assert.ThrowsAsync<UsageException>(() => SmallRun.ExecuteAsync(request));
        Assert.Contains("shard-0.parquet", refused.Message);

        await SmallRun.ExecuteAsync(request with { Shards = 1, Overwrite = true });
        Assert.Single(Directory.GetFiles(Folder.File("a"), "shard-*.parquet"));
    }

    private static async Task<float[]> FirstColumnAsync(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path);
        var field = reader.Schema.DataFields.Single(column => column.Name == "I1");
        var all = new List<float>();
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            float[] values = new float[group.RowCount];
            await group.ReadAsync<float>(field, values.AsMemory());
            all.AddRange(values);
        }
        return [.. all];
    }
}

using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

[Trait("Speed", "Fast")]
public sealed class ShardManifestTests : OwnFolder
{
    [Fact]
    public void No_flipped_bit_is_silent()
    {
        string path = Write("a.parquet", 1);
        Manifest();
        byte[] good = File.ReadAllBytes(path);
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] flipped = [.. good];
            flipped[random.Next(good.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, flipped);
            GpuCtrException failure = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([Folder.Path]));
            Assert.Equal(ErrorKind.Data, failure.Kind);
            Assert.Contains("a.parquet", failure.Message);
        }

        File.WriteAllBytes(path, good);
        Assert.Contains("1 shard(s) are as listed", Assert.Single(ShardSet.Resolve([Folder.Path]).Notes));
    }

    [Fact]
    public void A_shard_that_was_written_again_is_refused_until_the_manifest_is()
    {
        Write("a.parquet", 1);
        Manifest();
        Write("a.parquet", 2);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([Folder.Path]));
        Assert.Contains("inspect --write-manifest", failure.Message);
        Manifest();
        Assert.Equal(5000, ShardSet.Resolve([Folder.Path]).Rows);
    }

    [Fact]
    public void Shards_that_are_new_or_gone_are_told()
    {
        Write("a.parquet", 1);
        Write("b.parquet", 2);
        Manifest();
        File.Delete(Folder.File("b.parquet"));
        Write("c.parquet", 3);
        Assert.Contains("1 shard(s) are as listed, 1 not listed, 1 listed but not there", Assert.Single(ShardSet.Resolve([Folder.Path]).Notes));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":9,\"shards\":{}}")]
    [InlineData("{\"format\":1,\"shards\":{\"a.parquet\":null}}")]
    public void A_damaged_manifest_is_one_line(string text)
    {
        Write("a.parquet", 1);
        File.WriteAllText(Folder.File(ShardManifest.FileName), text);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([Folder.Path]));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains(ShardManifest.FileName, failure.Message);
    }

    private string Write(string name, int seed) => new TestShard().Column("label", [.. Enumerable.Range(0, 5000).Select(i => i % 2)])
        .Column("a", [.. Enumerable.Range(0, 5000).Select(i => i * seed)]).Write(Folder.File(name));

    private void Manifest() => Run("inspect", Folder.Path, "--write-manifest").Succeeded();
}

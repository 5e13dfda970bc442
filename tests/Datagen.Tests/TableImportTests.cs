using System.IO.Compression;
using System.Text;

namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public sealed class TableImportTests : TableImport
{
    [Fact]
    public async Task Libffm_fields_are_ids_lists_and_numbers()
    {
        var columns = await ImportAsync("libffm", "1 0:5:1 1:7:1 1:8:1 2:0:0.5\n-1 0:6:1 2:0:2\n");
        Assert.Equal(["1", "0"], columns["label"]);
        Assert.Equal(["5", "6"], columns["f0"]);
        Assert.Equal(["7 8", ""], columns["f1"]);
        Assert.Equal(["0.5", "2"], columns["f2"]);
    }

    [Theory]
    [InlineData("1 3:1 9:1\n0 4:1 9:1\n", "label=1,0;f1=3,4;f2=9,9")]
    [InlineData("1 3:1 9:1\n0 4:1\n", "label=1,0;features=3 9,4")]
    [InlineData("1 1:0.5 3:2\n0 2:1\n", "label=1,0;x1=0.5,0;x2=0,1;x3=2,0")]
    public async Task Libsvm_is_fields_a_list_or_numbers(string text, string expected)
    {
        var columns = await ImportAsync("libsvm", text);
        Assert.Equal(expected, string.Join(';', columns.Select(c => $"{c.Key}={string.Join(',', c.Value)}")));
    }

    [Fact]
    public async Task Amazon_reviews_are_interactions()
    {
        File.WriteAllText(Folder.File("in"), string.Concat(Enumerable.Range(0, 4).Select(i => $"{{\"reviewerID\":\"u\",\"asin\":\"B{i}\",\"overall\":5.0,\"unixReviewTime\":{1000 - i}}}\n")) + "{\"asin\":\"B9\"}\n{}\n");
        var (code, output, error) = await RunAsync("import amazon-reviews IN --out OUT --bad-lines 50");
        Assert.True(code == 0, error);
        Assert.Contains("reviews as lines of JSON", output);
        Assert.Contains("2 of 6 lines left out", error);
        var columns = await ListRows.ReadAsync(Folder.File("out/test.parquet"));
        Assert.Equal("B0", columns["item"][0][0]);
        Assert.Equal(["B3", "B2", "B1"], columns["hist_item"][0]);
    }

    [Fact]
    public async Task Bad_lines_are_quarantined_with_their_reasons_and_leave_no_trace_in_the_rows()
    {
        // Kinds are those of the first 10,000 lines.
        string good = string.Concat(Enumerable.Range(0, 11_998).Select(i => $"{i % 2} 0:{i}:1\n"));
        File.WriteAllText(Folder.File("in"), "yes 0:1:1\n" + good + "0 0:x:1\n\n");
        var (code, _, error) = await RunAsync("import libffm IN --out OUT");
        Assert.Equal(0, code);
        Assert.Contains("2 of 12,000 lines left out: 1 has a label that is neither 0 nor 1; 1 has an entry that is not field:feature:value", error);
        string[] quarantine = File.ReadAllLines(Folder.File("out/bad-lines.txt"));
        Assert.EndsWith("in:1: has a label that is neither 0 nor 1: yes 0:1:1", quarantine[0]);
        Assert.EndsWith("in:12000: has an entry that is not field:feature:value: 0 0:x:1", quarantine[1]);
        var columns = await ListRows.ReadAsync(Folder.File("out/shard-00000.parquet"));
        Assert.Equal(Enumerable.Range(0, 11_998).Select(i => $"{i}"), columns["f0"].Select(c => c[0]));
    }

    [Fact]
    public async Task Threads_and_compression_of_the_input_change_no_byte()
    {
        string text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"{i % 2} 0:{i * 7919L}:1 1:{i % 13}:1\n"));
        File.WriteAllText(Folder.File("in"), text);
        using (var packed = new GZipStream(File.Create(Folder.File("packed.csv.gz")), CompressionLevel.Fastest))
            packed.Write(Encoding.UTF8.GetBytes(text));
        Assert.Equal(0, (await RunAsync("import libffm IN --out OUT --threads 1 --rows-per-shard 700")).Code);
        Assert.Equal(0, (await RunAsync("import libffm PACKED --out OTHER --threads 4 --rows-per-shard 700")).Code);
        string[] shards = [.. Directory.GetFiles(Folder.File("out")).Select(path => Path.GetFileName(path)!).Order()];
        Assert.Equal(8, shards.Length);
        Assert.All(shards, name => Assert.Equal(File.ReadAllBytes(Folder.File($"out/{name}")), File.ReadAllBytes(Folder.File($"other/{name}"))));
    }

    [Theory]
    [InlineData("libsvm", "", 3)]
    [InlineData("libffm", "1 2:3\n", 3)]
    [InlineData("libffm", "1 0:5:0.5 0:6:2\n", 3)]
    [InlineData("libsvm", "yes 1:1\n", 3)]
    [InlineData("libsvm", "1 1:1\0\0\n", 3)]
    public async Task What_is_no_such_table_is_one_line_and_leaves_no_shards(string verb, string text, int expected)
    {
        File.WriteAllText(Folder.File("in"), text);
        var (code, _, error) = await RunAsync($"import {verb} IN --out OUT");
        Assert.Equal(expected, code);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.Empty(Directory.Exists(Folder.File("out")) ? Directory.GetFiles(Folder.File("out")) : []);
    }
}

using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public sealed class TableImportTests : TableImport
{
    [Fact]
    public async Task Criteo_lines_become_a_label_numbers_and_strings()
    {
        string[] fields = ["1", "3", "-1", "", .. Enumerable.Range(4, 10).Select(i => $"{i}"), "68fd1e64", "", .. Enumerable.Range(3, 24).Select(i => $"c{i}")];
        var columns = await ImportAsync("criteo", string.Join('\t', fields) + "\n" + string.Join('\t', fields[1..].Prepend("0")) + "\n");
        Assert.Equal(40, columns.Count);
        Assert.Equal(["1", "0"], columns["label"]);
        Assert.Equal(["3", "3"], columns["I1"]);
        Assert.Equal(["-1", "null", "4"], [columns["I2"][0], columns["I3"][0], columns["I4"][0]]);
        Assert.Equal(["68fd1e64", "null", "c26"], [columns["C1"][0], columns["C2"][0], columns["C26"][1]]);
    }

    [Fact]
    public async Task Avazu_hours_are_times_and_its_id_is_left_out()
    {
        var columns = await ImportAsync("avazu", "id,click,hour,C1,site_id,C14\n10000169349117863715,1,14102123,1005,1fbe01fe,15704\n");
        Assert.Equal("click hour C1 site_id C14", string.Join(' ', columns.Keys));
        Assert.Equal(["1", new DateTime(2014, 10, 21, 23, 0, 0).ToString(CultureInfo.CurrentCulture), "1005", "1fbe01fe", "15704"], columns.Values.Select(c => c[0]));
    }

    [Theory]
    [InlineData("user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n186\t302\t4\t891717742\n")]
    [InlineData("196::242::3::881250949\n186::302::5::891717742\n")]
    [InlineData("196\t242\t3\t881250949\n186\t302\t4\t891717742\n")]
    [InlineData("userId,movieId,rating,timestamp\n196,242,3.5,881250949\n186,302,4.0,891717742\n")]
    public async Task MovieLens_ratings_from_four_on_are_positive(string text)
    {
        var columns = await ImportAsync("movielens", text);
        Assert.Equal(["0", "1"], columns["label"]);
        Assert.Equal(["196", "186"], columns["user"]);
        Assert.Equal(new DateTime(1997, 12, 4, 15, 55, 49).ToString(CultureInfo.CurrentCulture), columns["time"][0]);
    }

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
        // The types are those of the first 10,000 lines.
        string good = string.Concat(Enumerable.Range(0, 11_998).Select(i => $"{i % 2},{i}\n"));
        File.WriteAllText(Folder.File("in"), "label,a\n" + good[..8] + "1\n" + good[8..] + "0,x\n\n");
        var (code, _, error) = await RunAsync("import csv IN --out OUT");
        Assert.Equal(0, code);
        Assert.Contains("2 of 12,000 lines left out: 1 has too few fields; 1 has no whole number in a", error);
        string[] quarantine = File.ReadAllLines(Folder.File("out/bad-lines.txt"));
        Assert.EndsWith("in:4: has too few fields: 1", quarantine[0]);
        Assert.EndsWith("in:12001: has no whole number in a: 0,x", quarantine[1]);
        var columns = await ListRows.ReadAsync(Folder.File("out/shard-00000.parquet"));
        Assert.Equal(Enumerable.Range(0, 11_998).Select(i => $"{i}"), columns["a"].Select(c => c[0]));
    }

    [Fact]
    public async Task Threads_and_compression_of_the_input_change_no_byte()
    {
        string text = "label,a,b\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"{i % 2},{i * 7919L},s{i % 13}\n"));
        File.WriteAllText(Folder.File("in"), text);
        using (var packed = new GZipStream(File.Create(Folder.File("packed.csv.gz")), CompressionLevel.Fastest))
            packed.Write(Encoding.UTF8.GetBytes(text));
        Assert.Equal(0, (await RunAsync("import csv IN --out OUT --threads 1 --rows-per-shard 700")).Code);
        Assert.Equal(0, (await RunAsync("import csv PACKED --out OTHER --threads 4 --rows-per-shard 700")).Code);
        string[] shards = [.. Directory.GetFiles(Folder.File("out")).Select(path => Path.GetFileName(path)!).Order()];
        Assert.Equal(8, shards.Length);
        Assert.All(shards, name => Assert.Equal(File.ReadAllBytes(Folder.File($"out/{name}")), File.ReadAllBytes(Folder.File($"other/{name}"))));
    }

    [Theory]
    [InlineData("criteo", "1\t2\n", 3)]
    [InlineData("avazu", "a,b\n1,2\n", 3)]
    [InlineData("movielens", "1,2\n", 3)]
    [InlineData("csv", "a,a\n1,2\n", 3)]
    [InlineData("csv", "a,\n1,2\n", 3)]
    [InlineData("csv", "", 3)]
    [InlineData("libffm", "1 2:3\n", 3)]
    [InlineData("libffm", "1 0:5:0.5 0:6:2\n", 3)]
    [InlineData("libsvm", "yes 1:1\n", 3)]
    [InlineData("csv", "label,a\n1,2\n1\n", 3)]
    [InlineData("criteo", "1\0\0\n", 3)]
    public async Task What_is_no_such_table_is_one_line_and_leaves_no_shards(string verb, string text, int expected)
    {
        File.WriteAllText(Folder.File("in"), text);
        var (code, _, error) = await RunAsync($"import {verb} IN --out OUT");
        Assert.Equal(expected, code);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.Empty(Directory.Exists(Folder.File("out")) ? Directory.GetFiles(Folder.File("out")) : []);
    }

    [SkippableTheory]
    [InlineData("criteo", "ctr_samples/criteo/train.csv", 7200)]
    [InlineData("avazu", "ctr_samples/avazu/train.csv", 8087)]
    [InlineData("movielens", "ml-100k/ml-100k.inter", 100_000)]
    [InlineData("csv", "amazon_grocery/item_meta.csv", 8713)]
    public async Task Real_files_are_read_without_a_bad_line(string verb, string file, int rows)
    {
        var (code, output, error) = await RunAsync($"import {verb} {SharedData.File(file)} --out OUT");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"{rows:N0} rows", output);
    }
}

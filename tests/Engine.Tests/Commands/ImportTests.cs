using System.Globalization;
using System.IO.Compression;
using System.Text;
using GpuCtr.Data.Shards;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>Text becomes shards: no two values become one, and no row is lost without a word.</summary>
public sealed class ImportTests : OwnFolder
{
    private string Out => Folder.File("out");

    private string Written(string text, Encoding? encoding = null)
    {
        File.WriteAllBytes(Folder.File("in"), (encoding ?? Encoding.UTF8).GetBytes(text));
        return Folder.File("in");
    }

    private CommandOutcome Import(string format, string text, params string[] flags) => Run(["import", format, Written(text), "--out", Out, .. flags]);

    /// <summary>Columns and values of the training shards; null as "null".</summary>
    private Dictionary<string, string[]> Read(string format, string text, params string[] flags)
    {
        Import(format, text, ["--valid-fraction", "0", "--test-fraction", "0", .. flags]).Succeeded();
        return Values("train-*.parquet");
    }

    private Dictionary<string, string[]> Values(string shards)
    {
        ShardSet set = ShardSet.Resolve([Path.Combine(Out, shards)]);
        ColumnBuffer column = new();
        return set.Columns.ToDictionary(c => c.Name, c => set.RowGroups.SelectMany(group =>
        {
            using ShardReader reader = set.Shards[group.Shard].Rent();
            reader.Read(group.Group, new ColumnRequest(c.Name, c.Kind), column);
            return Enumerable.Range(0, column.Rows).Select(r => column.IsNull(r) ? "null" : column.Kind switch
            {
                ValueKind.Text => column.Texts[r].ToString(),
                ValueKind.Integer => c.TypeName == "bool" ? $"{column.Integers[r] == 1}" : $"{column.Integers[r]}",
                _ => column.NumberAt(r).ToString("R", CultureInfo.InvariantCulture),
            }).ToArray();
        }).ToArray());
    }

    [Fact]
    public void Csv_types_are_those_of_all_values()
    {
        Dictionary<string, string[]> columns = Read("csv", "\uFEFFclick,id,zip,price,title,none\r\n1,900719925474099267,01234,2.5,\"a, \"\"b\"\"\nc\",\r\n0,,10115,,plain,\r\n");
        Assert.Equal(["1", "0"], columns["click"]);
        Assert.Equal(["900719925474099267", "null"], columns["id"]);
        Assert.Equal(["01234", "10115"], columns["zip"]);
        Assert.Equal(["2.5", "null"], columns["price"]);
        Assert.Equal(["a, \"b\"\nc", "plain"], columns["title"]);
        Assert.Equal(["null", "null"], columns["none"]);
    }

    [Theory]
    [InlineData("10000169349117863715,10000169349117863716,10000169349117863717", "")]
    [InlineData("9223372036854775807,-9223372036854775808,0", "long")]
    [InlineData("9223372036854775808,1,2", "")]
    [InlineData("9007199254740993,9007199254740992,0.5", "")]
    [InlineData("10000169349117863715.0,10000169349117863716.0,1.0", "")]
    [InlineData("9007199254740991,-9007199254740990,0.5", "double")]
    [InlineData("007,7,07", "")]
    [InlineData("-007,-7,0.5", "")]
    [InlineData("+5,5,6", "")]
    [InlineData("12e34567,12345678,11111111", "")]
    [InlineData("1e5,100000,2", "")]
    [InlineData("1e-05,2.5E3,1e+16", "double")]
    [InlineData("0.1234567890123456789,1,2", "double")]
    [InlineData("1.7976931348623157e308,5e-324,16777217", "double")]
    [InlineData("2024-01-01,2024-01-02,2024-01-03", "")]
    [InlineData("true,False,TRUE", "bool")]
    [InlineData("true,1,0", "")]
    [InlineData("0x1F,0x20,1", "")]
    public void Values_that_differ_stay_different(string values, string expected)
    {
        string[] written = values.Split(',');
        string[] numbers = expected switch
        {
            "double" => [.. written.Select(v => double.Parse(v, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture))],
            "bool" => [.. written.Select(v => $"{bool.Parse(v)}")],
            _ => written,
        };
        // A word for a missing value is one only where it cannot be a value.
        Assert.Equal([.. numbers, expected.Length == 0 ? "nan" : "null", "null"], Read("csv", "x,label\n" + string.Concat(written.Select(v => $"{v},1\n")) + "nan,1\n,1\n")["x"]);
    }

    /// <summary>Three ids of 20 digits behind very many short ones: the type is that of all values.</summary>
    [Fact]
    public void Long_ids_that_come_late_stay_apart()
    {
        string[] late = ["10000169349117863715", "10000169349117863716", "10000169349117863717"];
        string[] ids = Read("csv", "id,label\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i},1\n")) + string.Concat(late.Select(v => $"{v},0\n")))["id"];
        Assert.Equal(late, ids[^3..]);
        Assert.Equal("19999", ids[^4]);
    }

    [Fact]
    public void Nothing_and_an_empty_text_are_two_things()
    {
        Assert.Equal(["null", "", "NA", "NA"], Read("csv", "a;b\n;1\n\"\";2\n\"NA\";3\nNA;4\n")["a"]);
        Assert.Equal(["4.1", "4.10"], Read("csv", "v,b\n4.1,1\n4.10,2\n", "--text", "v", "--overwrite")["v"]);
        Assert.Equal(["x", "x"], Read("tsv", "a\tb\nx \t 5\n\"x\"\t6\n", "--overwrite")["a"]);
    }

    [Fact]
    public void Rows_go_where_training_finds_them()
    {
        string text = "label,item\n" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"{i % 3 / 2},{i}\n"));
        CommandOutcome o = Import("csv", text, "--rows-per-shard", "1000").Succeeded();
        string[][] sides = [.. new[] { "train-*.parquet", "valid.parquet", "test.parquet" }.Select(s => Values(s)["item"])];
        Assert.Equal(3000, sides.SelectMany(s => s).Distinct().Count());
        Assert.All(sides[1..], s => Assert.InRange(s.Length, 250, 350));
        Assert.Equal(3, Directory.GetFiles(Out, "train-*.parquet").Length);
        Assert.Equal(sides[0].OrderBy(int.Parse), sides[0]);
        string[] next = o.Error.Split('\n').Single(l => l.StartsWith("next: gpu-ctr ", StringComparison.Ordinal))["next: gpu-ctr ".Length..].Split(' ');
        Run([.. next.Select(w => w.Trim('\'')), "--out", Folder.File("run"), "--model", "lr"]).Succeeded();
        // The same rows, packed, are the same bytes.
        byte[][] expected = [.. Directory.GetFiles(Out).Order().Select(File.ReadAllBytes)];
        using (GZipStream packed = new(File.Create(Folder.File("in.gz")), CompressionLevel.Fastest))
            packed.Write(Encoding.UTF8.GetBytes(text));
        Run("import", "csv", Folder.File("in.gz"), "--out", Folder.File("other"), "--rows-per-shard", "1000").Succeeded();
        Assert.Equal(expected, Directory.GetFiles(Folder.File("other")).Order().Select(File.ReadAllBytes));
    }

    [Fact]
    public void Lines_of_JSON_have_the_columns_of_all_lines()
    {
        Dictionary<string, string[]> columns = Read("jsonl", "{\"label\":1,\"id\":10000169349117863715,\"tags\":[1,20],\"geo\":{\"country\":\"de\"}}\n\n{\"label\":0,\"id\":10000169349117863716,\"late\":true,\"tags\":null}\n");
        Assert.Equal(["10000169349117863715", "10000169349117863716"], columns["id"]);
        Assert.Equal(["[1,20]", "null"], columns["tags"]);
        Assert.Equal(["de", "null"], columns["geo.country"]);
        Assert.Equal(["null", "True"], columns["late"]);
        Import("jsonl", "{\"a\":1}\n[2]\n", "--overwrite").FailedWith(ExitCode.Data, "in: line 2: no object of JSON");
    }

    [Fact]
    public void Criteo_and_Avazu_have_the_columns_of_their_logs()
    {
        string[] fields = ["1", "3", "-1", "", .. Enumerable.Range(4, 10).Select(i => $"{i}"), "12345678", "", .. Enumerable.Range(3, 24).Select(i => $"c{i}")];
        Dictionary<string, string[]> columns = Read("criteo", string.Join('\t', fields) + "\n" + string.Join('\t', fields[1..].Prepend("0")) + "\n");
        Assert.Equal(40, columns.Count);
        Assert.Equal(["1", "0"], columns["label"]);
        Assert.Equal(["-1", "null", "4"], [columns["I2"][0], columns["I3"][0], columns["I4"][0]]);
        Assert.Equal(["12345678", "null", "c26"], [columns["C1"][0], columns["C2"][0], columns["C26"][1]]);
        columns = Read("avazu", "id,click,hour,C1,site_id,C14\n10000169349117863715,1,14102123,1005,1fbe01fe,15704\n", "--overwrite");
        Assert.Equal("click hour C1 site_id C14", string.Join(' ', columns.Keys));
        Assert.Equal(["1", $"{new DateTimeOffset(2014, 10, 21, 23, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}", "1005", "1fbe01fe", "15704"], columns.Values.Select(c => c[0]));
    }

    [Theory]
    [InlineData("user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n186\t302\t4\t891717742\n")]
    [InlineData("196::242::3::881250949\n186::302::4::891717742\n")]
    [InlineData("196\t242\t3\t881250949\n186\t302\t4\t891717742\n")]
    [InlineData("userId,movieId,rating,timestamp\n196,242,3.5,881250949\n186,302,4.0,891717742\n")]
    public void Ratings_of_MovieLens_become_labels_as_is_said(string text)
    {
        Dictionary<string, string[]> columns = Read("movielens", text);
        Assert.Equal("label user item time", string.Join(' ', columns.Keys));
        Assert.Equal(["0", "1"], columns["label"]);
        Assert.Equal(["196", "186"], columns["user"]);
        Assert.Equal("881250949", columns["time"][0]);
        CommandOutcome o = Import("movielens", text, "--positive", "<4", "--overwrite", "--valid-fraction", "0", "--test-fraction", "0");
        Assert.Contains("label is 1 if the rating is <4 (--positive)", o.Succeeded().Error);
        Assert.Equal(["1", "0"], Values("train-*.parquet")["label"]);
    }

    [Fact]
    public void Reviews_of_Amazon_are_users_items_and_labels()
    {
        Dictionary<string, string[]> columns = Read("amazon", "{\"reviewerID\":\"u\",\"asin\":\"B1\",\"overall\":5.0,\"unixReviewTime\":1000,\"reviewText\":\"x\"}\n{\"reviewerID\":\"v\",\"asin\":\"B2\",\"overall\":2,\"unixReviewTime\":2000}\n");
        Assert.Equal("label user item time", string.Join(' ', columns.Keys));
        Assert.Equal(["1", "0"], columns["label"]);
        Assert.Equal(["B1", "B2"], columns["item"]);
    }

    [Fact]
    public void What_is_wrong_names_file_and_line_and_leaves_no_shards()
    {
        Import("csv", "label,a\n1,\"x\ny\"\n0\n0,z\n").FailedWith(ExitCode.Data, "in: line 4: 1 fields where 2 are expected", "--bad-rows");
        Assert.Contains("1 rows left out; the first: ", Import("csv", "label,a\n1,x\n0\n0,z\n", "--bad-rows", "1").Succeeded().Error);
        Import("csv", "label,a\n1,x\n").FailedWith(ExitCode.Usage, "already holds", "--overwrite");
        Directory.Delete(Out, recursive: true);
        Import("csv", "a,a\n1,2\n").FailedWith(ExitCode.Data, "two columns are called 'a'");
        Import("csv", "a,\n1,2\n").FailedWith(ExitCode.Data, "a column has no name");
        Import("csv", "").FailedWith(ExitCode.Data, "the file is empty");
        Import("csv", "a,b\n").FailedWith(ExitCode.Data, "no rows");
        Import("avazu", "a,b\n1,2\n").FailedWith(ExitCode.Data, "no columns click and hour", "import csv");
        Import("movielens", "1,2\n").FailedWith(ExitCode.Data, "2 fields in its first line");
        Import("csv", "a,b\n1,2\n", "--text", "c").FailedWith(ExitCode.Usage, "--text c", "a, b");
        Import("csv", "a,b\n1,2\n", "--separator", "ab").FailedWith(ExitCode.Usage, "--separator ab");
        Import("parquet", "a,b\n").FailedWith(ExitCode.Usage, "import parquet: no such format", "csv, tsv, jsonl");
        Run("import", "csv", Folder.File("nothing"), "--out", Out).FailedWith(ExitCode.Usage, "no such file");
        Assert.Empty(Directory.Exists(Out) ? Directory.GetFiles(Out) : []);
        // Training says what to do with such a file.
        Run("train", Written("label,a\n1,2\n3,4\n")).FailedWith(ExitCode.Data, "not a Parquet file", "gpu-ctr import csv");
    }

    [Fact]
    public void Bytes_of_another_encoding_are_an_error_until_it_is_named()
    {
        const string text = "label,city\n1,Zürich\n0,Köln\n";
        Run("import", "csv", Written(text, Encoding.Latin1), "--out", Out).FailedWith(ExitCode.Data, "not utf-8", "--encoding latin1");
        Run("import", "csv", Written(text, Encoding.Latin1), "--out", Out, "--encoding", "latin1", "--valid-fraction", "0", "--test-fraction", "0").Succeeded();
        Assert.Equal(["Zürich", "Köln"], Values("train-*.parquet")["city"]);
        Run("import", "csv", Written("\uFEFF" + text, Encoding.Unicode), "--out", Out, "--overwrite", "--valid-fraction", "0", "--test-fraction", "0").Succeeded();
        Assert.Equal(["Zürich", "Köln"], Values("train-*.parquet")["city"]);
        Run("import", "csv", Written(text), "--out", Out, "--encoding", "klingon").FailedWith(ExitCode.Usage, "--encoding klingon");
    }
}

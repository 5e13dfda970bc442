using System.Globalization;
using System.Text;

namespace GpuCtr.Datagen.Tests;

/// <summary>CSV without a known schema: the type of a column follows from its values, and no two values become one.</summary>
[Trait("Speed", "Fast")]
public sealed class CsvImportTests : TableImport
{
    [Fact]
    public async Task Csv_types_are_those_of_its_values()
    {
        var columns = await ImportAsync("csv", "click,id,zip,price,title,none\n1,900719925474099267,01234,2.5,\"a, \"\"b\"\"\",\n0,,10115,,plain,\n");
        Assert.Equal(["900719925474099267", "null"], columns["id"]);
        Assert.Equal(["01234", "10115"], columns["zip"]);
        Assert.Equal(["2.5", "null"], columns["price"]);
        Assert.Equal(["a, \"b\"", "plain"], columns["title"]);
        Assert.Equal(["null", "null"], columns["none"]);
    }

    [Theory]
    [InlineData("10000169349117863715,10000169349117863716,10000169349117863717", "")]
    [InlineData("9223372036854775807,-9223372036854775808,0", "long")]
    [InlineData("9223372036854775808,1,2", "")]
    [InlineData("9007199254740993,9007199254740992,0.5", "")]
    [InlineData("9007199254740991,-9007199254740990,0.5", "double")]
    [InlineData("007,7,07", "")]
    [InlineData("-007,-7,0.5", "")]
    [InlineData("+5,5,6", "")]
    [InlineData("-0,0,1", "double")]
    [InlineData("12e34567,12345678,11111111", "")]
    [InlineData("1e5,100000,2", "")]
    [InlineData("1e-05,2.5E3,1e+16", "double")]
    [InlineData("0.1234567890123456789,1,2", "double")]
    [InlineData("1.7976931348623157e308,5e-324,16777217", "double")]
    [InlineData("2024-01-01,2024-01-02,2024-01-03", "")]
    [InlineData("true,False,TRUE", "bool")]
    [InlineData("true,1,0", "")]
    [InlineData("1;000,2;000,3", "")]
    [InlineData("0x1F,0x20,1", "")]
    public async Task Csv_values_that_differ_stay_different(string values, string expected)
    {
        string[] written = values.Split(',');
        var read = (await ImportAsync("csv", "x,label\n" + string.Concat(written.Select(v => $"{v},1\n")) + "nan,1\n,1\n"))["x"];
        string[] numbers = expected switch
        {
            "long" => [.. written.Select(v => $"{long.Parse(v, CultureInfo.InvariantCulture)}")],
            "double" => [.. written.Select(v => $"{double.Parse(v, CultureInfo.InvariantCulture)}")],
            "bool" => [.. written.Select(v => $"{bool.Parse(v)}")],
            _ => written,
        };
        // A word for a missing value is one only where it cannot be a value.
        Assert.Equal([.. numbers, expected.Length == 0 ? "nan" : "null", "null"], read);
    }

    [Theory]
    [InlineData("inf", "has no number in x")]
    [InlineData("10000169349117863715", "has no number in x")]
    [InlineData("007", "has no number in x")]
    [InlineData("\xe9", "is not UTF-8")]
    public async Task Csv_values_that_are_not_of_their_column_are_bad_lines_and_text_where_that_is_asked_for(string late, string reason)
    {
        string head = "x,label\n" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i}.5,1\n"));
        File.WriteAllBytes(Folder.File("in"), [.. Encoding.Latin1.GetBytes(head + string.Concat(Enumerable.Repeat($"{late},1\n", 200)))]);
        var (code, _, error) = await RunAsync("import csv IN --out OUT");
        Assert.Equal(3, code);
        Assert.Contains($"200 of 10,200 lines left out: 200 {reason}", error);
        Assert.Contains("--text COLUMN", error);
        (code, _, error) = await RunAsync("import csv IN --out OUT --text x");
        Assert.Equal(reason.Contains("UTF-8") ? 3 : 0, code);
        if (code == 0)
            Assert.Equal(late, (await ListRows.ReadAsync(Folder.File("out/shard-00000.parquet")))["x"][^1][0]);
        (code, _, error) = await RunAsync("import csv IN --out OUT --overwrite --text y");
        Assert.Equal(2, code);
        Assert.Contains("--text y", error);
        Assert.Contains("it has x, label", error);
    }

    [Fact]
    public async Task Blanks_around_a_field_are_no_part_of_it_with_quotes_or_without()
    {
        var columns = await ImportAsync("csv", "a,b\nx , 5\n\"x\", 6\n");
        Assert.Equal(["x", "x"], columns["a"]);
        Assert.Equal(["5", "6"], columns["b"]);
    }

    [SkippableFact]
    public async Task Ids_of_avazu_stay_apart()
    {
        string path = SharedData.File("ctr_samples/avazu/train.csv");
        Assert.Equal(0, (await RunAsync($"import csv {path} --out OUT")).Code);
        var ids = (await ListRows.ReadAsync(Folder.File("out/shard-00000.parquet")))["id"].Select(row => row[0]);
        Assert.Equal(File.ReadLines(path).Skip(1).Select(line => line[..line.IndexOf(',')]), ids);
    }
}

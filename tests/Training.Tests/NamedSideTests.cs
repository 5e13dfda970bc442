using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Folders that hold validation and test shards beside those to train on.</summary>
public sealed class NamedSideTests : OwnFolder
{
    private static readonly string[] model = ["--model", "lr", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off"];

    private readonly string data;

    public NamedSideTests()
    {
        data = Directory.CreateDirectory(Folder.File("data")).FullName;
        Write("train-0", 100);
        Write("testimonials", 20);
        Write("valid", 30);
        Write("Validation_1", 5);
        Write("test-0", 7);
    }

    private string Write(string name, int rows) => new TestShard().Column("label", [.. Enumerable.Range(0, rows).Select(i => i % 2)])
        .Column("item", [.. Enumerable.Range(0, rows).Select(i => (long)(i * rows % 7))]).Write(Path.Combine(data, $"{name}.parquet"));

    private CommandOutcome Train(params string[] args) => Run(["train", .. args, "--out", Folder.File("run"), "--overwrite", .. model]);

    [Theory]
    [InlineData("")]
    [InlineData("*.parquet")]
    public void Files_called_valid_or_test_are_taken_for_what_they_are_and_that_is_said(string pattern)
    {
        CommandOutcome o = Train(Path.Combine(data, pattern)).Succeeded();
        Assert.Contains("rows     120 train, 35 valid, 7 test", o.Error);
        Assert.Contains("Validation_1.parquet, test-0.parquet, valid.parquet: not trained on because of their names; name a file exactly to train on it", o.Error);
        Assert.Contains("Validation_1.parquet, valid.parquet: validates, found beside the training shards by name", o.Error);
        Assert.Contains("test-0.parquet: tests, found beside the training shards by name", o.Error);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Folder.File("run/config.json")))!;
        Assert.Equal((2, 2), (config["data"]!["train_shards"]!.AsArray().Count, config["data"]!["valid_shards"]!.AsArray().Count));
        string compared = Run("compare", Folder.File("run"), Folder.File("run"), "--json").Succeeded().Out;
        Assert.Equal(JsonValueKind.Number, JsonDocument.Parse(compared).RootElement[0].GetProperty("test_auc").ValueKind);
        // The run goes on with the same sides.
        Assert.Contains("rows     120 train, 35 valid, 7 test", Run("train", "--resume", "--out", Folder.File("run"), "--epochs", "2").Succeeded().Error);
    }

    [Fact]
    public void Folders_that_a_pattern_goes_into_say_it_too()
    {
        foreach ((string folder, int rows) in new[] { ("train", 40), ("valid", 9), ("test", 8), ("test=1", 3), ("tester", 2) })
        {
            Directory.CreateDirectory(Path.Combine(data, "deep", folder));
            Write($"deep/{folder}/part-0", rows);
        }

        CommandOutcome o = Train(Path.Combine(data, "deep/**/*.parquet")).Succeeded();
        Assert.Contains("rows     45 train, 9 valid, 8 test", o.Error);
        Assert.Contains("test/part-0.parquet, valid/part-0.parquet: not trained on", o.Error);
        Assert.Contains("valid/part-0.parquet: validates", o.Error);
        // Folders above the pattern say nothing.
        Assert.Contains("rows     8 train, 0 valid, 0 test", Train(Path.Combine(data, "deep/test/*.parquet"), "--valid-fraction", "0").Succeeded().Error);
        Assert.Contains("rows     9 train, 0 valid, 0 test", Train(Path.Combine(data, "deep/valid"), "--valid-fraction", "0").Succeeded().Error);
    }

    [Fact]
    public void Flags_that_say_which_rows_validate_and_test_win()
    {
        string other = new TestShard().Column("label", 0, 1).Column("item", 1L, 2L).Write(Folder.File("other.parquet"));
        Assert.Contains("rows     120 train, 2 valid, 7 test", Train(data, "--valid", other).Succeeded().Error);
        Assert.Contains("rows     120 train, 35 valid, 2 test", Train(data, "--test", other).Succeeded().Error);
        Assert.Contains("rows     120 train, 30 valid, 7 test", Train(data, "--valid", Path.Combine(data, "valid.parquet"), "--test", Path.Combine(data, "test-0.parquet")).Succeeded().Error);
        Assert.Matches("rows     [0-9]+ train, [0-9]+ valid, 7 test", Train(data, "--valid-by", "item").Succeeded().Error);
        Assert.DoesNotContain("35 valid", Train(data, "--valid-by", "item").Succeeded().Error);
    }

    [Fact]
    public void Files_that_are_named_exactly_or_lie_alone_are_trained_on()
    {
        Assert.Contains("rows     137 train, 0 valid, 0 test", Train(Path.Combine(data, "train-0.parquet"), Path.Combine(data, "valid.parquet"), Path.Combine(data, "test-0.parquet"), "--valid-fraction", "0").Succeeded().Error);
        Assert.Contains("rows     30 train, 0 valid, 0 test", Train(Path.Combine(data, "valid*.parquet"), "--valid-fraction", "0").Succeeded().Error);
        Assert.Contains("rows     100 train, 0 valid, 7 test", Train(Path.Combine(data, "t*-0.parquet"), "--valid-fraction", "0").Succeeded().Error);
    }
}

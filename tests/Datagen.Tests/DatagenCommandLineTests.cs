using System.Text.Json.Nodes;

namespace GpuCtr.Datagen.Tests;

public sealed class DatagenCommandLineTests : OwnFolder
{
    [Theory]
    [InlineData("nonsense")]
    [InlineData("synth --nonsense 1")]
    [InlineData("synth --rows 10")]
    [InlineData("synth --rows ten --out DIR")]
    [InlineData("synth --rows 0 --out DIR")]
    [InlineData("synth --rows -5 --out DIR")]
    [InlineData("synth --rows 3 --shards 4 --out DIR")]
    [InlineData("synth --numeric 1 --categorical 1 --out DIR")]
    [InlineData("synth --max-cardinality 2 --out DIR")]
    [InlineData("synth --schema movie --out DIR")]
    [InlineData("synth --schema amazon --numeric 5 --out DIR")]
    [InlineData("synth --schema criteo --drift --out DIR")]
    [InlineData("synth --max-history 5 --out DIR")]
    [InlineData("synth --schema amazon --items 10 --categories 20 --out DIR")]
    [InlineData("synth --schema amazon --categories 1 --out DIR")]
    [InlineData("synth --codec zip --out DIR")]
    [InlineData("synth --seed -1 --out DIR")]
    public async Task Bad_arguments_give_one_line_and_exit_2(string line)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith("datagen: ", error);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.False(Directory.Exists(Folder.File("out")));
    }

    [Theory]
    [InlineData("", "synth")]
    [InlineData("synth", "1000000")]
    [InlineData("synth --help", "--max-cardinality")]
    public async Task Bare_verb_prints_its_options(string line, string expected)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.Equal(0, code);
        Assert.Contains(expected, output);
        Assert.Empty(error);
    }

    [Fact]
    public async Task Folder_that_cannot_be_made_gives_one_line_and_exit_5()
    {
        File.WriteAllText(Folder.File("out"), "a file, not a folder");
        var (code, _, error) = await RunAsync("synth --rows 10 --shards 1 --out DIR");
        Assert.Equal(5, code);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Synth_prints_and_records_the_best_possible_auc()
    {
        var (code, output, error) = await RunAsync(
            "synth --rows 20000 --shards 2 --test-rows 5000 --numeric 4 --categorical 6 --max-cardinality 100 --seed 3 --out DIR");
        Assert.Equal((0, ""), (code, error));
        var truth = JsonNode.Parse(File.ReadAllText(Folder.File("out/truth.json")))!;
        Assert.Equal(20_000, (int)truth["rows"]!);
        Assert.Equal(3, (int)truth["seed"]!);
        Assert.Contains($"best possible AUC {(double)truth["best_auc"]!:0.0000} (first-order part alone {(double)truth["first_order_auc"]!:0.0000})", output);
        Assert.InRange((double)truth["test"]!["best_auc"]!, 0.75, 0.85);
        Assert.DoesNotContain(Folder.File("out"), truth.ToJsonString());
    }

    [Fact]
    public async Task Synth_of_histories_prints_and_records_both_aucs()
    {
        var (code, output, error) = await RunAsync("synth --schema amazon --rows 20000 --shards 2 --test-rows 5000 --max-history 20 --seed 3 --out DIR");
        Assert.Equal((0, ""), (code, error));
        var truth = JsonNode.Parse(File.ReadAllText(Folder.File("out/truth.json")))!;
        Assert.Contains(
            $"best possible AUC {(double)truth["best_auc"]!:0.0000} (history averaged over random 16-dimensional codes {(double)truth["mean_pooling_proxy_auc"]!:0.0000})", output);
        Assert.Equal(
            "synth --schema amazon --rows 20000 --shards 2 --test-rows 5000 --seed 3 --users 2000 --items 2000 --categories 200 --max-history 20 --codec zstd",
            (string)truth["arguments"]!);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        string[] arguments = line.Length == 0 ? [] : [.. line.Split(' ').Select(word => word == "DIR" ? Folder.File("out") : word)];
        using StringWriter output = new(), error = new();
        int code = await DatagenCommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}

using System.Text.Json.Nodes;
using GpuCtr.Data.Options;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Options whose default depends on the data: the rules, and that a run treats what it chose as if it had been written.</summary>
public sealed class AutomaticDefaultTests : OwnFolder
{
    private static readonly string[] small = ["--hidden-units", "8", "--embedding-dim", "2", "--device", "cpu", "--fit-cache", "off", "--json"];

    private string Run1 => Folder.File("run");

    [Theory]
    [InlineData(1, 256, "the least for few rows")]
    [InlineData(7_200, 256, "the least for few rows")]
    [InlineData(100_000, 512, "rows ÷ 200")]
    [InlineData(202_027, 1024, "rows ÷ 200")]
    [InlineData(500_000, 2048, "rows ÷ 200")]
    [InlineData(1_000_000, 4096, "the most for many rows")]
    [InlineData(3_000_000_000, 4096, "the most for many rows")]
    public void Batch_follows_the_number_of_rows(long rows, int batch, string reason)
    {
        AutomaticDefault chosen = Of("deepfm", rows)["batch-size"];
        Assert.Equal((batch, reason), ((int)chosen.Value, chosen.Reason));
    }

    [Theory]
    [InlineData(1_000, true, 20)]
    [InlineData(5_000_000, true, 20)]
    [InlineData(10_000_000, true, 10)]
    [InlineData(3_000_000_000, true, 1)]
    [InlineData(1_000, false, 3)]
    [InlineData(60_000_000, false, 1)]
    public void Epochs_end_by_validation_and_are_fewer_on_many_rows_or_without_it(long rows, bool validates, int epochs) =>
        Assert.Equal(epochs, Of("deepfm", rows, validates)["epochs"].Value);

    [Theory]
    [InlineData(true, "deepfm")]
    [InlineData(true, "din")]
    [InlineData(false, "deepfm", 1_000, false)]
    [InlineData(false, "deepfm", 50_000_000)]
    [InlineData(false, "deepfm", 1_000, true, null, true)]
    [InlineData(false, "deepfm", 1_000, true, null, false, true)]
    [InlineData(false, "deepfm", 1_000, true, "fuxictr")]
    [InlineData(false, "poly2")]
    [InlineData(false, "lr")]
    [InlineData(false, "fm")]
    [InlineData(false, "ffm")]
    [InlineData(false, "prm")]
    [InlineData(false, "sasrec")]
    public void Rare_values_are_regularized_where_validation_ends_the_run_and_rows_are_seen_many_times(
        bool regularized, string model, long rows = 1_000, bool validates = true, string? variant = null, bool namesEpochs = false, bool weighted = false) =>
        Assert.Equal(regularized ? [2.0] : [], AutomaticDefaults.Of(new(rows, validates, model, variant, namesEpochs, weighted)).Where(d => d.Option.Flag == "--mba-lambda").Select(d => d.Value));

    [Fact]
    public void Models_of_next_items_take_small_batches_and_many_epochs()
    {
        Dictionary<string, AutomaticDefault> chosen = Of("sasrec", 1_090);
        Assert.Equal((128, 200, 10), ((int)chosen["batch-size"].Value, (int)chosen["epochs"].Value, (int)chosen["patience"].Value));
    }

    [Fact]
    public void What_is_chosen_is_said_with_its_reason_saved_as_numbers_and_kept_when_the_run_goes_on_or_is_repeated()
    {
        string shard = PlantedShards.Write(Folder.File("rows.parquet"), 3_000, 1);
        CommandOutcome first = RunAsTyped(["train", shard, "--out", Run1, "--patience", "1", .. small]).Succeeded();
        Assert.Contains("chosen   --batch-size 256 (the least for few rows), --epochs 20 (validation ends it), --mba-lambda 2 (rows are seen many times)", first.Error);
        Assert.Contains("11 of 256 rows are an epoch, at most 20 epochs", first.Error);
        JsonNode options = JsonNode.Parse(File.ReadAllText(Path.Combine(Run1, "config.json")))!["options"]!;
        Assert.Equal((256, 20, 1, 2), ((int)options["batch_size"]!, (int)options["epochs"]!, (int)options["patience"]!, (int)options["mba_lambda"]!));
        string hash = Hash(first);
        // Ten times the rows, and yet what the run has chosen once.
        string more = PlantedShards.Write(Folder.File("more.parquet"), 100_000, 2);
        CommandOutcome repeated = RunAsTyped("train", more, "--config", Path.Combine(Run1, "config.json"), "--epochs", "1", "--out", Folder.File("again")).Succeeded();
        Assert.Contains("of 256 rows are an epoch, at most 1 epochs", repeated.Error);
        Assert.DoesNotContain("chosen", repeated.Error);
        CommandOutcome resumed = RunAsTyped(["train", shard, "--resume", "--out", Run1]).Succeeded();
        Assert.Equal(hash, Hash(resumed));
    }

    [Fact]
    public void A_flag_overrides_its_own_default_only()
    {
        string shard = PlantedShards.Write(Folder.File("rows.parquet"), 3_000, 1);
        Assert.Contains("chosen   --epochs 20 (validation ends it), --mba-lambda 2 (rows are seen many times)\n", RunAsTyped(["train", shard, "--batch-size", "999", "--patience", "1", "--lr", "0", "--out", Run1, .. small]).Succeeded().Error.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("din")]
    [InlineData("dien")]
    [InlineData("bst")]
    public void A_model_of_histories_is_refused_without_one(string model)
    {
        string shard = PlantedShards.Write(Folder.File("rows.parquet"), 300, 1);
        Run(["train", shard, "--model", model, "--out", Run1, .. small]).FailedWith(ExitCode.Usage, $"--model {model}", "no history", "--history", "--model deepfm");
        Assert.False(Directory.Exists(Run1));
    }

    /// <summary>Help and documents name the numbers that are chosen.</summary>
    [Fact]
    public void Help_and_documents_say_what_is_chosen()
    {
        const long few = 1, many = 1_000_000;
        AutomaticDefault[] chosen = [.. Of("deepfm", few).Values, .. Of("deepfm", many).Values, .. Of("deepfm", few, validates: false).Values, .. Of("sasrec", few).Values];
        string training = File.ReadAllText(Repository.File("docs", "training.md"));
        foreach (AutomaticDefault d in chosen)
        {
            string value = OptionText.Of(d.Option, d.Value);
            Assert.Matches($@"\b{value}\b", d.Option.Declaration.Default);
            Assert.Matches($@"\b{value}\b", training);
        }

        Assert.Equal(4, chosen.Select(d => d.Option).Distinct().Count());
        foreach (string document in new[] { "docs/guide/quality.md", "docs/training.md" })
            Assert.Contains($"`--mba-lambda {OptionText.Of(chosen.First(d => d.Option.Flag == "--mba-lambda").Option, chosen.First(d => d.Option.Flag == "--mba-lambda").Value)}`", File.ReadAllText(Repository.File(document)));
    }

    private static Dictionary<string, AutomaticDefault> Of(string model, long rows, bool validates = true) =>
        AutomaticDefaults.Of(new(rows, validates, model, null)).ToDictionary(d => d.Option.Name);

    private static string Hash(CommandOutcome o) => (string)JsonNode.Parse(o.Out)!["weights_hash"]!;
}

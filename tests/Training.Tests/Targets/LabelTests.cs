using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Targets;

/// <summary>Labels under other names than 0 and 1 train the same model, and every verb reads them as training did.</summary>
public sealed class LabelTests : OwnFolder
{
    private const int Rows = 300;

    private static readonly string[] model = ["--model", "lr", "--batch-size", "64", "--lr", "0.05", "--device", "cpu", "--fit-cache", "off", "--json"];
    private static readonly int[] clicks = [.. Enumerable.Range(0, Rows).Select(i => (i * 7 + i / 5) % 3 == 0 ? 1 : 0)];

    private static TestShard Features => new TestShard().Column("item", [.. Enumerable.Range(0, Rows).Select(i => (long)(i * 7 % 11))]);

    private string Zeros => Features.Column("label", clicks).Write(Folder.File("plain.parquet"), groupRows: 90);

    private CommandOutcome Train(string shard, string run, params string[] flags) => Run(["train", shard, "--out", Folder.File(run), .. model, .. flags]);

    private static JsonElement Json(CommandOutcome o) => JsonDocument.Parse(o.Succeeded().Out).RootElement;

    private static string Hash(CommandOutcome o) => Json(o).GetProperty("weights_hash").GetString()!;

    public static TheoryData<string, string[]> Forms => new()
    {
        { "words", ["--positive", "buy,cart"] },
        { "words", ["--negative", "view"] },
        { "words", ["--positive", "=buy,cart", "--negative", "view"] },
        { "signs", ["--positive", "1"] },
        { "signs", ["--negative", "<0"] },
        { "stars", ["--positive", ">=4"] },
        { "stars", ["--positive", ">3", "--negative", "<=3"] },
        { "truth", ["--positive", "true"] },
        { "truth", [] },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_label_under_another_name_is_the_same_label(string form, string[] flags)
    {
        TestShard shard = form switch
        {
            "words" => Features.Text("label", [.. clicks.Select((c, i) => c == 0 ? "view" : i % 2 == 0 ? "buy" : "cart")]),
            "signs" => Features.Column("label", [.. clicks.Select(c => 2 * c - 1)]),
            "stars" => Features.Column("label", [.. clicks.Select((c, i) => c == 0 ? 1.0 + i % 3 : 4.0 + i % 2)]),
            _ => Features.Column("label", [.. clicks.Select(c => c == 1)]),
        };
        string named = shard.Write(Folder.File("named.parquet"), groupRows: 90);
        Assert.Equal(Hash(Train(Zeros, "plain")), Hash(Train(named, "run", flags)));
        JsonElement plain = Json(Run("evaluate", "--model", Folder.File("plain"), Zeros, "--json")), other = Json(Run("evaluate", "--model", Folder.File("run"), named, "--json"));
        Assert.Equal(plain.GetProperty("auc").GetDouble(), other.GetProperty("auc").GetDouble());
        Assert.Equal(plain.GetProperty("calibration").GetDouble(), other.GetProperty("calibration").GetDouble());
        // Scores need no labels.
        Run("predict", "--model", Folder.File("run"), Features.Write(Folder.File("unlabelled.parquet")), "--out", Folder.File("scores.parquet")).Succeeded();
    }

    [Fact]
    public void Rows_that_are_neither_do_not_count()
    {
        int[] stars = [.. clicks.Select((c, i) => i % 4 == 0 ? 3 : c == 0 ? 1 : 5)];
        string all = Features.Column("label", stars).Write(Folder.File("stars.parquet"), groupRows: 90);
        string some = new TestShard().Column("item", [.. Enumerable.Range(0, Rows).Where(i => i % 4 > 0).Select(i => (long)(i * 7 % 11))])
            .Column("label", [.. clicks.Where((_, i) => i % 4 > 0)]).Write(Folder.File("some.parquet"));
        JsonElement run = Json(Train(all, "run", "--positive", ">=4", "--negative", "<=2", "--valid", some, "--valid-fraction", "0")
            is { Code: 0 } done ? done : Train(all, "run", "--positive", ">=4", "--negative", "<=2", "--valid", all, "--overwrite"));
        Assert.Equal(Rows * 3 / 4, run.GetProperty("rows").GetInt32());
        LabelCounts counted = LabelCounts.Of(ShardSet.Resolve([all]), "label", new TargetRule(false, [">=4"], ["<=2"], false, null), BadRowBudget.Zero, 1, [RowPart.All])[0];
        Assert.Equal((Rows * 3 / 4, clicks.Where((_, i) => i % 4 > 0).Sum()), ((int)counted.Rows, (int)counted.Positives));
    }

    /// <summary>The cross entropy of a share is between those of its neighbours, and AUC has no meaning.</summary>
    [Fact]
    public void Shares_train_towards_their_mean_and_have_no_AUC()
    {
        double[] shares = [.. Enumerable.Range(0, Rows).Select(i => (i * 7 % 11) / 20.0)];
        string shard = Features.Column("label", shares).Write(Folder.File("shares.parquet"));
        CommandOutcome o = Train(shard, "run", "--soft-labels", "--epochs", "60", "--patience", "0").Succeeded();
        Assert.Contains("* best by logloss", o.Error);
        CommandOutcome evaluated = Run("evaluate", "--model", Folder.File("run"), shard, "--json");
        Assert.Equal(JsonValueKind.Null, Json(evaluated).GetProperty("auc").ValueKind);
        Assert.InRange(Json(evaluated).GetProperty("calibration").GetDouble(), 0.97, 1.03);
        Assert.Contains("AUC and gAUC are not defined", evaluated.Error);
    }

    [Fact]
    public void What_cannot_be_a_label_is_named_with_the_flag_that_helps()
    {
        string words = Features.Text("label", [.. clicks.Select(c => c == 1 ? "yes" : "no")]).Write(Folder.File("words.parquet"));
        Train(words, "run").FailedWith(ExitCode.Data, "'label' is string, with values such as 'no', 'yes'", "--positive yes");
        Train(words, "run", "--positive", ">=4").FailedWith(ExitCode.Usage, "words cannot be compared");
        string stars = Features.Column("label", [.. clicks.Select((c, i) => 1 + i % 5)]).Write(Folder.File("stars.parquet"));
        Train(stars, "run").FailedWith(ExitCode.Data, "stars.parquet: row group 0, row 1, column 'label': label 2 is neither 0 nor 1", "--positive '>=5'");
        Train(stars, "run", "--positive", "yes").FailedWith(ExitCode.Usage, "label 'yes'", "write a number");
        Train(stars, "run", "--positive", ">=four").FailedWith(ExitCode.Usage, ">=four");
        Train(stars, "run", "--positive", ">=3", "--negative", "<=3").FailedWith(ExitCode.Data, "row 2", "3 is without a label, or fits --positive and --negative both");
        string shares = Features.Column("label", [.. clicks.Select((c, i) => i / 400.0)]).Write(Folder.File("shares.parquet"));
        Train(shares, "run").FailedWith(ExitCode.Data, "0.0025 is neither 0 nor 1", "--soft-labels");
        Train(stars, "run", "--soft-labels").FailedWith(ExitCode.Data, "2 is not a share from 0 to 1");
        Train(stars, "run", "--soft-labels", "--positive", "3").FailedWith(ExitCode.Usage, "--soft-labels");
    }
}

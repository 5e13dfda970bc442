using System.Text.Json;
using GpuCtr.Training.Metrics;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

public sealed class HistoryModelTests : OwnFolder
{
    private const int Rows = 6000, Items = 40;

    private static readonly string[] small = ["--hidden-units", "16", "--attention-units", "8", "--embedding-dim", "8", "--batch-size", "256", "--lr", "0.01", "--epochs", "3", "--device", "cpu", "--json"];

    [Fact]
    public void A_history_makes_din_the_model_and_it_learns_from_it()
    {
        string shard = Write("x.parquet", misaligned: false);
        CommandOutcome o = Run(["train", shard, "--out", Folder.File("run"), "--attention-normalization", "softmax", .. small]).Succeeded();
        Assert.Contains("model    din", o.Error);
        double auc = Auc(o);
        Assert.InRange(auc, 0.7, 1);
        CommandOutcome again = Run("evaluate", "--model", Folder.File("run"), Write("y.parquet", misaligned: false, seed: 2), "--device", "cpu", "--json").Succeeded();
        Assert.InRange(Auc(again), auc - 0.1, auc + 0.1);

        // The label depends on the history alone, so a model that does not read it can only guess.
        CommandOutcome deepFm = Run(["train", shard, "--model", "deepfm", "--out", Folder.File("deepfm"), .. small]).Succeeded();
        Assert.InRange(Auc(deepFm), 0.4, 0.6);
        Assert.Contains("deepfm does not read it", deepFm.Error);
    }

    [Fact]
    public void Bst_learns_from_a_history_and_says_which_heads_it_can_have()
    {
        string shard = Write("x.parquet", misaligned: false);
        CommandOutcome o = Run(["train", shard, "--model", "bst", "--attention-heads", "4", "--out", Folder.File("bst"), .. small]).Succeeded();
        Assert.InRange(Auc(o), 0.7, 1);
        Run(["train", shard, "--model", "bst", "--attention-heads", "3", "--out", Folder.File("heads"), .. small]).FailedWith(ExitCode.Usage, "3 attention heads", "16 values", "--attention-heads 1, 2, 4, 8, 16");
    }

    [Fact]
    public void A_model_goes_by_its_former_name_too()
    {
        string shard = Write("x.parquet", misaligned: false), run = Folder.File("run"), config = Path.Combine(run, "config.json");
        Assert.Contains("model    embedding-mlp", Run(["train", shard, "--model", "base", "--out", run, .. small]).Succeeded().Error);
        string written = File.ReadAllText(config);
        Assert.Contains("\"model\": \"embedding-mlp\"", written);
        Assert.DoesNotContain("\"base\"", written);
        // As an older version wrote it.
        File.WriteAllText(config, written.Replace("\"embedding-mlp\"", "\"base\"", StringComparison.Ordinal));
        foreach (string name in new[] { "base", "embedding-mlp" })
            Run(["train", shard, "--model", name, "--out", run, "--resume", .. small]).Succeeded();
        File.WriteAllText(Folder.File("flags.json"), "{\"model\": \"base\"}");
        Assert.Contains("model    embedding-mlp", Run(["train", shard, "--config", Folder.File("flags.json"), "--out", Folder.File("other"), .. small]).Succeeded().Error);
        Run(["train", shard, "--model", "bass", "--out", Folder.File("none"), .. small]).FailedWith(ExitCode.Usage, "--model bass", "embedding-mlp");
    }

    [Theory]
    [InlineData(',', null)]
    [InlineData(':', ":")]
    public void Histories_in_strings_train_and_evaluate_like_lists(char separator, string? given)
    {
        string[] columns = ["--history", "hist_item,hist_category", .. given is null ? Array.Empty<string>() : ["--list-separator", given]];
        string text = Write("text.parquet", misaligned: false, separator: separator), list = Write("list.parquet", misaligned: false);
        CommandOutcome ofText = Run(["train", text, "--out", Folder.File("text"), "--attention-normalization", "softmax", .. columns, .. small]).Succeeded();
        CommandOutcome ofList = Run(["train", list, "--out", Folder.File("list"), "--attention-normalization", "softmax", .. small]).Succeeded();
        Assert.Contains("model    din", ofText.Error);
        Assert.Equal(Auc(ofList), Auc(ofText));
        CommandOutcome again = Run("evaluate", "--model", Folder.File("text"), Write("y.parquet", misaligned: false, seed: 2, separator), "--device", "cpu", "--json").Succeeded();
        Assert.InRange(Auc(again), 0.7, 1);
    }

    [Fact]
    public void Histories_of_one_group_that_differ_in_length_are_data() =>
        Run(["train", Write("x.parquet", misaligned: true), "--out", Folder.File("run"), .. small]).FailedWith(ExitCode.Data, "hist_item", "hist_category");

    private static double Auc(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("auc").GetDouble();

    /// <summary>The label is 1 where items of the target's category are in the history.</summary>
    private string Write(string name, bool misaligned, int seed = 1, char? separator = null)
    {
        Random random = new(seed);
        int[] label = new int[Rows];
        long[] item = new long[Rows], category = new long[Rows];
        long?[][] items = new long?[Rows][], categories = new long?[Rows][];
        for (int i = 0; i < Rows; i++)
        {
            item[i] = random.Next(Items);
            category[i] = item[i] % 4;
            int liked = random.Next(4), length = random.Next(1, 6);
            items[i] = [.. Enumerable.Range(0, length).Select(_ => (long?)(random.Next(Items / 4) * 4 + liked))];
            categories[i] = [.. items[i].Select(v => v % 4)];
            label[i] = liked == category[i] ^ random.Next(10) == 0 ? 1 : 0;
        }

        if (misaligned)
            categories[Rows / 2] = [.. categories[Rows / 2], 1];
        TestShard shard = new TestShard().Column("label", label).Column("item", item).Column("category", category);
        shard = separator is char c
            ? shard.Text("hist_item", [.. items.Select(l => string.Join(c, l))]).Text("hist_category", [.. categories.Select(l => string.Join(c, l))])
            : shard.Lists("hist_item", items).Lists("hist_category", categories);
        return shard.Write(Folder.File(name), groupRows: 1000);
    }
}

using System.Text.Json;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

public sealed class VariantFlagTests : OwnFolder
{
    private const int Rows = 600;

    private static readonly string[] small = ["--embedding-dim", "4", "--hidden-units", "8", "--batch-size", "128", "--device", "cpu", "--json"];

    [Fact]
    public void An_unknown_variant_is_usage_and_lists_all() =>
        Run(["train", Write("x.parquet"), "--variant", "fuxi", .. small]).FailedWith(ExitCode.Usage, "--variant fuxi", "fuxictr, deepctr, rechub, din-official, dien-official");

    [Theory]
    [InlineData("deepfm", "din-official", "fuxictr, deepctr, rechub")]
    [InlineData("fm", "fuxictr", "none")]
    public void A_variant_that_a_model_does_not_have_is_usage_and_lists_those_it_has(string model, string variant, string list) =>
        Run(["train", Write("x.parquet"), "--model", model, "--variant", variant, .. small]).FailedWith(ExitCode.Usage, $"does not exist for {model}", list);

    [Fact]
    public void A_variant_of_din_is_usage_where_the_columns_make_deepfm_the_model() =>
        Run(["train", Write("x.parquet"), "--exclude", "hist_item", "--variant", "dien-official", "--device", "cpu"]).FailedWith(ExitCode.Usage, "does not exist for deepfm");

    [Theory]
    [InlineData("fuxictr")]
    [InlineData("deepctr")]
    [InlineData("rechub")]
    [InlineData("din-official")]
    [InlineData("dien-official")]
    public void A_variant_trains_is_evaluated_and_repeats_from_its_config(string variant)
    {
        string shard = Write("x.parquet"), run = Folder.File("run");
        JsonElement first = Metrics(Run(["train", shard, "--variant", variant, "--out", run, .. small]).Succeeded());
        Metrics(Run("evaluate", "--model", run, shard, "--device", "cpu", "--json").Succeeded());
        JsonElement again = Metrics(Run("train", "--config", Path.Combine(run, "config.json"), "--out", Folder.File("again")).Succeeded());
        Assert.Equal(first.GetProperty("weights_hash").GetString(), again.GetProperty("weights_hash").GetString());
    }

    [Fact]
    public void Flags_override_the_variant_and_the_rest_is_the_variants()
    {
        string run = Folder.File("run");
        Run(["train", Write("x.parquet"), "--variant", "fuxictr", "--clip-norm", "3", "--embedding-l2-scope", "touched", "--embedding-update", "lazy", "--out", run, .. small]).Succeeded();
        JsonElement model = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "config.json"))).RootElement.GetProperty("model");
        Assert.Equal(3, model.GetProperty("clip_norm").GetDouble());
        Assert.Equal("lazy", model.GetProperty("embedding_update").GetString());
        Assert.Equal([8], model.GetProperty("hidden_units").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal([64], model.GetProperty("attention_units").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal("relu", model.GetProperty("activation").GetString());
        Assert.True(model.GetProperty("pad_histories").GetBoolean());
    }

    [Fact]
    public void Whole_table_l2_of_a_variant_and_lazy_updates_do_not_go_together() =>
        Run(["train", Write("x.parquet"), "--variant", "fuxictr", "--embedding-update", "lazy", .. small]).FailedWith(ExitCode.Usage, "--embedding-l2-scope full needs --embedding-update dense");

    private static JsonElement Metrics(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement;

    private string Write(string name)
    {
        Random random = new(1);
        long[] item = [.. Enumerable.Range(0, Rows).Select(_ => (long)random.Next(20))];
        long?[][] history = [.. item.Select(_ => Enumerable.Range(0, random.Next(5)).Select(_ => (long?)random.Next(20)).ToArray())];
        return new TestShard().Column("label", item.Select(i => random.Next(20) < i ? 1 : 0).ToArray()).Column("item", item)
            .Column("price", item.Select(_ => random.NextDouble()).ToArray()).Lists("hist_item", history).Write(Folder.File(name), groupRows: 200);
    }
}

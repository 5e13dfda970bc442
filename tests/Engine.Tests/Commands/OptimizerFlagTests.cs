using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>Momentum and row-wise Adagrad: they learn, a resumed run ends with the same bits, and a warm start takes their state over only if the optimizer is the same.</summary>
public sealed class OptimizerFlagTests : OwnFolder
{
    private static readonly string[] options = ["--model", "fm", "--embedding-dim", "4", "--batch-size", "512", "--valid-fraction", "0.2", "--device", "cpu", "--json"];

    private readonly string shard;

    public OptimizerFlagTests() => shard = PlantedShards.Write(Folder.File("train.parquet"), 20_000, 1);

    [Theory]
    [InlineData("rowwise-adagrad", "lazy", "--lr", "0.1")]
    [InlineData("rowwise-adagrad", "dense", "--lr", "0.1", "--embedding-l2", "1e-6", "--embedding-l2-scope", "full", "--clip-norm", "1")]
    [InlineData("rowwise-adagrad", "replay", "--lr", "0.1", "--embedding-l2", "1e-6", "--mba-lambda", "1e-3")]
    [InlineData("sgd", "lazy", "--lr", "0.5", "--momentum", "0.9")]
    [InlineData("sgd", "dense", "--lr", "0.5", "--momentum", "0.9", "--embedding-l2", "1e-6", "--embedding-l2-scope", "full")]
    [InlineData("sgd", "replay", "--lr", "0.5", "--momentum", "0.9")]
    public void Resumed_run_ends_with_the_bits_of_one_that_never_stopped(string optimizer, string update, params string[] more)
    {
        string[] run = ["train", shard, "--optimizer", optimizer, "--embedding-update", update, .. more, .. options];
        string halves = Folder.File("halves");
        JsonElement whole = Json(Run([.. run, "--epochs", "3", "--out", Folder.File("whole")]));
        Run([.. run, "--out", halves]).Succeeded();
        JsonElement resumed = Json(Run("train", "--resume", "--epochs", "3", "--out", halves, "--json"));
        Assert.Equal(whole.GetProperty("weights_hash").GetString(), resumed.GetProperty("weights_hash").GetString());
        Assert.True(whole.GetProperty("auc").GetDouble() > 0.7, $"AUC {whole.GetProperty("auc")}");
    }

    [Fact]
    public void Row_wise_state_is_one_number_a_row_and_comes_along()
    {
        string first = Folder.File("first");
        Run(["train", shard, "--optimizer", "rowwise-adagrad", "--out", first, .. options]).Succeeded();
        IReadOnlyDictionary<string, SafeTensorsEntry> state = Tensors(first, "optimizer.safetensors"), weights = Tensors(first, "model.safetensors");
        long rows = weights["embedding"].Shape[0];
        Assert.Equal([rows, 4], weights["embedding"].Shape);
        Assert.Equal([rows, 1], state["embedding v"].Shape);
        Assert.Equal([rows, 1], state["first_order v"].Shape);
        Assert.Equal(["dense parameters v", "embedding v", "first_order v"], state.Keys.Order());
        Assert.DoesNotContain("starts anew", Run(["train", shard, "--optimizer", "rowwise-adagrad", "--init-from", first, "--out", Folder.File("same"), .. options]).Succeeded().Error);
        Assert.Contains("starts anew", Run(["train", shard, "--optimizer", "adagrad", "--init-from", first, "--out", Folder.File("other"), .. options]).Succeeded().Error);
    }

    [Fact]
    public void Momentum_comes_along_where_both_runs_have_it()
    {
        string[] sgd = ["train", shard, "--optimizer", "sgd", .. options];
        string first = Folder.File("first");
        Run([.. sgd, "--momentum", "0.9", "--out", first]).Succeeded();
        Assert.DoesNotContain("starts anew", Run([.. sgd, "--momentum", "0.5", "--init-from", first, "--out", Folder.File("less")]).Succeeded().Error);
        Assert.Contains("starts anew", Run([.. sgd, "--momentum", "0", "--init-from", first, "--out", Folder.File("none")]).Succeeded().Error);
        Run(["train", shard, "--momentum", "0.9", .. options]).FailedWith(ExitCode.Usage, "--momentum 0.9", "--optimizer sgd", "adam");
    }

    private static JsonElement Json(CommandOutcome outcome) => JsonDocument.Parse(outcome.Succeeded().Out).RootElement;

    private static IReadOnlyDictionary<string, SafeTensorsEntry> Tensors(string run, string file)
    {
        string path = Path.Combine(RunFolder.Resolve(Path.Combine(run, "last")), file);
        using FileStream stream = File.OpenRead(path);
        return SafeTensorsHeader.Read(path, stream).Entries;
    }
}

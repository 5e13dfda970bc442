using System.Text.Json;
using GpuCtr.Engine.Commands;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>FTRL on first-order weights: it learns, keeps weights without evidence at exactly 0, and its state survives an interruption.</summary>
public sealed class FtrlTests : OwnFolder
{
    private const string Flag = "--first-order-ftrl";

    private readonly string shard;

    public FtrlTests() => shard = PlantedShards.Write(Folder.File("train.parquet"), 20_000, 1);

    [Theory]
    [InlineData("lazy")]
    [InlineData("dense")]
    [InlineData("replay")]
    public void Weights_without_evidence_are_zero_and_the_others_learn(string update)
    {
        (double auc, double zeros) plain = Train("plain", update, "2,0,0"), sparse = Train("sparse", update, "2,3e-2,0"), none = Train("none", update, "2,1000,0");
        Assert.True(plain.auc > 0.75 && plain.zeros < 0.05, $"without λ₁: AUC {plain.auc}, {plain.zeros} of the weights are 0");
        Assert.True(sparse.auc > 0.7 && sparse.zeros is > 0.1 and < 0.9, $"with λ₁: AUC {sparse.auc}, {sparse.zeros} of the weights are 0");
        Assert.Equal(1, none.zeros);
    }

    [Fact]
    public void A_run_goes_on_with_its_state_and_begins_only_where_that_fits()
    {
        string[] options = ["--model", "fm", "--embedding-dim", "4", "--batch-size", "512", "--device", "cpu", "--json"];
        string whole = Folder.File("whole"), halves = Folder.File("halves");
        string Hash(CommandOutcome o) => JsonDocument.Parse(o.Succeeded().Out).RootElement.GetProperty("weights_hash").GetString()!;
        string expected = Hash(Run(["train", shard, Flag, "2,1e-3,0", "--epochs", "2", "--out", whole, .. options]));
        Run(["train", shard, Flag, "2,1e-3,0", "--out", halves, .. options]).Succeeded();
        Assert.Equal(expected, Hash(Run("train", "--resume", "--epochs", "2", "--out", halves, "--json")));
        Run(["train", shard, "--init-from", whole, Flag, "2,1e-2,0", "--out", Folder.File("other"), .. options]).FailedWith(ExitCode.Usage, "--init-from", "first_order_ftrl");
        Run(["train", shard, "--init-from", whole, Flag, "2,1e-3,0", "--optimizer", "sgd", "--out", Folder.File("other"), .. options]).FailedWith(ExitCode.Usage, "--init-from", "optimizer");
        Run(["train", shard, "--init-from", whole, "--out", Folder.File("same"), .. options]).Succeeded();
    }

    private (double Auc, double Zeros) Train(string name, string update, string ftrl)
    {
        string run = Folder.File($"{name} {update}");
        CommandOutcome outcome = Run(
            "train", shard, "--model", "lr", Flag, ftrl, "--embedding-update", update, "--batch-size", "512", "--epochs", "3", "--device", "cpu", "--out", run, "--json").Succeeded();
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(run));
        using Device device = Device.Open("cpu", threads: 1);
        using FrozenModel model = checkpoint.LoadFrozen(device, checkpoint.LoadEncoder().Spec, 1);
        float[] weights = model.Weights.Single(w => w.Name == "first_order").ToArray(device);
        return (JsonDocument.Parse(outcome.Out).RootElement.GetProperty("auc").GetDouble(), weights.Count(w => w == 0) / (double)weights.Length);
    }
}

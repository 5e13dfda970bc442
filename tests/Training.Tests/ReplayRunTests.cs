using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Engine;
using GpuCtr.Engine.Commands;
using GpuCtr.Engine.Screens;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

public sealed class ReplayRunTests(FaultRun run) : IClassFixture<FaultRun>
{
    private static readonly string[] options = [.. FaultRun.Model, "--embedding-update", "replay"];

    [Fact]
    public void Checkpoints_and_stops_within_an_epoch_change_no_bit()
    {
        string[] expected = Train("never-stopped", "--epochs", "2");
        Assert.Equal(expected, Train("saved", "--epochs", "2", "--checkpoint-every", "3"));
        string folder = run.Folder.File("stopped");
        string[] args = [run.Train, "--out", folder, .. options, "--epochs", "2"];
        for (int stop = 0; stop < 20; stop++)
        {
            Assert.Equal(ErrorKind.Interrupted, Assert.Throws<GpuCtrException>(() => TrainOneStep(args)).Kind);
            args = ["--resume", "--out", folder];
        }
        Assert.Contains("replay.safetensors", Checkpoint.Open(FaultRun.Pointed(folder, "last")).Manifest.Files.Keys);
        Assert.Equal(expected, FaultRun.Results(Run("train", "--resume", "--out", folder).Succeeded()));
    }

    [Fact]
    public void Result_is_that_of_dense_updates()
    {
        double dense = LogLoss("dense"), replay = LogLoss("replay"), lazy = LogLoss("lazy");
        Assert.Equal(dense, replay, 1e-6);
        Assert.True(Math.Abs(lazy - dense) > 1e-5);
    }

    [Fact]
    public void Checkpoint_within_an_epoch_serves_other_updates_and_predictions()
    {
        string folder = run.Folder.File("within");
        Assert.Throws<GpuCtrException>(() => TrainOneStep([run.Train, "--out", folder, .. options, "--epochs", "2"]));
        Run("evaluate", "--model", folder, run.Test, "--device", "cpu").Succeeded();
        Run(["train", run.Train, "--out", run.Folder.File("warm"), "--init-from", folder, .. FaultRun.Model]).Succeeded();
        Run("train", "--resume", "--out", folder, "--embedding-update", "lazy", "--allow-changed", "embedding-update").Succeeded();
    }

    [Fact]
    public void Decay_of_whole_tables_is_refused() =>
        Run(["train", run.Train, .. options, "--embedding-l2", "1e-3", "--embedding-l2-scope", "full"]).FailedWith(ExitCode.Usage, "--embedding-l2-scope full needs --embedding-update dense, not replay");

    private string[] Train(string name, params string[] more) => FaultRun.Results(Run(["train", run.Train, "--out", run.Folder.File(name), .. options, .. more]).Succeeded());

    private double LogLoss(string update) => JsonDocument.Parse(
        Run(["train", run.Train, "--out", run.Folder.File(update), .. FaultRun.Model, "--embedding-update", update]).Succeeded().Out).RootElement.GetProperty("logloss").GetDouble();

    private static void TrainOneStep(string[] args)
    {
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(new PlainScreen(TextWriter.Null), verbose: false);
        TrainRun.Start(TrainCommand.RequestOf(FlagParser.Parse(TrainCommand.Verb, args)), runLog, shutdown.Token, () => shutdown.Request(ExitCode.Terminated));
    }
}

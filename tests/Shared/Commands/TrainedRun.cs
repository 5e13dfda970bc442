using System.Text.Json;

namespace GpuCtr.Tests;

/// <summary>A small run that several tests look at: two epochs on 20,000 planted rows.</summary>
public sealed class TrainedRun : OwnFolder
{
    public static readonly string[] SmallModel = ["--hidden-units", "32,16", "--embedding-dim", "4", "--batch-size", "512", "--device", "cpu", "--lr", "0.01"];

    public TrainedRun()
    {
        Train = PlantedShards.Write(Folder.File("train.parquet"), 20_000, 1);
        Test = PlantedShards.Write(Folder.File("test.parquet"), 5_000, 2);
        Run = Folder.File("run");
        Outcome = CommandRunner.Run(["train", Train, "--test", Test, "--group-id", "user", "--epochs", "2", "--out", Run, "--json", .. SmallModel]).Succeeded();
        Metrics = JsonDocument.Parse(Outcome.Out).RootElement;
    }

    public string Train { get; }

    public string Test { get; }

    public string Run { get; }

    public CommandOutcome Outcome { get; }

    public JsonElement Metrics { get; }
}

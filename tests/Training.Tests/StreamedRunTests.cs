using System.Text.Json;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Runs whose rows do not fit into --memory.</summary>
public sealed class StreamedRunTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private readonly string[] options =
        ["--memory", LeastMemory(["train", run.Train, "--out", run.Folder.File("none"), .. TrainedRun.SmallModel]), "--patience", "0", "--json"];

    [SkippableFact]
    public void A_run_that_was_killed_ends_with_the_same_bits()
    {
        string whole = run.Folder.File("whole"), killed = run.Folder.File("killed");
        using (ChildProcess first = TrainProcess.Start(run, killed, [.. options, "--checkpoint-every", "11", "--epochs", "1000000"]))
        {
            first.WaitFor(() => File.Exists(Path.Combine(killed, "last")));
            first.Stop("KILL");
        }

        Assert.NotEmpty(Directory.GetFiles(Path.Combine(killed, "cache")));
        string epochs = $"{Epoch(killed) + 1}";
        CommandOutcome resumed = Run("train", "--resume", "--out", killed, "--epochs", epochs).Succeeded();
        CommandOutcome expected = Run(["train", run.Train, "--out", whole, .. TrainedRun.SmallModel, .. options, "--epochs", epochs]).Succeeded();
        Assert.Contains("streamed", expected.Error);
        Assert.Equal(Hash(expected), Hash(resumed));
        Assert.False(Directory.Exists(Path.Combine(whole, "cache")));
        Assert.False(Directory.Exists(Path.Combine(killed, "cache")));
    }

    private static int Epoch(string folder) => JsonDocument
        .Parse(File.ReadAllText(Path.Combine(folder, "checkpoints", File.ReadAllText(Path.Combine(folder, "last")).Trim(), "manifest.json")))
        .RootElement.GetProperty("position").GetProperty("epoch").GetInt32();

    private static string Hash(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("weights_hash").GetString()!;
}

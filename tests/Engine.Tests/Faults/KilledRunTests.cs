using System.Text.Json.Nodes;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class KilledRunTests(FaultRun run) : IClassFixture<FaultRun>
{
    // Start-up takes about half a second, and some kills should fall into it.
    private const int LongestLifeMs = 900;

    [SkippableFact]
    public void Fault01_Kills_at_random_moments_change_no_bit()
    {
        string[] train = ["train", run.Train, .. FaultRun.Model, "--checkpoint-every", "3"];
        string killed = run.Folder.File("killed"), whole = run.Folder.File("endless");
        Random random = new(1);
        using (ChildProcess first = TrainProcess.Start([.. train, "--out", killed, "--epochs", "1000000"]))
        {
            first.WaitFor(() => File.Exists(Path.Combine(killed, "last")));
            first.Stop("KILL");
        }

        for (int i = 1; i < Campaign.Kills; i++)
        {
            using ChildProcess process = TrainProcess.Start("train", "--resume", "--out", killed, "--epochs", "1000000");
            Thread.Sleep(random.Next(LongestLifeMs));
            CommandOutcome killing = process.Stop("KILL");
            Assert.True(killing.Code == 128 + 9, killing.Error);
            FaultRun.ValidCheckpoints(killed);
        }

        int epoch = Checkpoint.Open(FaultRun.Pointed(killed, "last")).Manifest.Position.Epoch;
        string epochs = $"{epoch + 1}";
        CommandOutcome expected = Run([.. train, "--out", whole, "--epochs", epochs]).Succeeded();
        CommandOutcome actual = Run("train", "--resume", "--out", killed, "--epochs", epochs).Succeeded();
        Assert.Equal(FaultRun.Results(expected), FaultRun.Results(actual));
        AssertSameHistory(whole, killed);
    }

    /// <summary>Speeds depend on the clock, and so does how the training loss is added up, in its last digits.</summary>
    private static void AssertSameHistory(string expected, string actual)
    {
        JsonObject[] then = History(expected), now = History(actual);
        Assert.Equal(then.Length, now.Length);
        foreach ((JsonObject a, JsonObject b) in then.Zip(now))
        {
            Assert.Equal((double)a["train_logloss"]!, (double)b["train_logloss"]!, 5);
            foreach (string key in new[] { "epoch", "step", "valid_auc", "valid_logloss", "valid_rows", "learning_rate", "best" })
                Assert.Equal(a[key]!.ToJsonString(), b[key]!.ToJsonString());
        }
    }

    private static JsonObject[] History(string folder) => [.. File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject())];
}

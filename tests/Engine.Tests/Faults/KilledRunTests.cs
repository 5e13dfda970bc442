using System.Diagnostics;
using System.Text.Json.Nodes;
using GpuCtr.Engine.Checkpoints;
using GpuCtr.Engine.Tests.Commands;
using GpuCtr.Engine.Tests.Training;
using static GpuCtr.Engine.Tests.Commands.CommandRunner;

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
        int epoch = 0, resumed = 0;
        for (int i = 0; i < Campaign.Kills; i++)
        {
            bool begun = File.Exists(Path.Combine(killed, "config.json"));
            using Process process = TrainProcess.StartAny([.. begun ? ["train", "--resume"] : train, "--out", killed, "--epochs", "1000000"]);
            Thread.Sleep(random.Next(LongestLifeMs));
            string error = TrainProcess.Stop(process, "KILL");
            Assert.True(process.ExitCode == 128 + 9, error);
            if (!File.Exists(Path.Combine(killed, "last")))
                continue;
            resumed += begun ? 1 : 0;
            FaultRun.ValidCheckpoints(killed);
            epoch = Checkpoint.Open(FaultRun.Pointed(killed, "last")).Manifest.Position.Epoch;
        }

        string epochs = $"{epoch + 1}";
        CommandOutcome expected = Run([.. train, "--out", whole, "--epochs", epochs]).Succeeded();
        CommandOutcome actual = Run("train", "--resume", "--out", killed, "--epochs", epochs).Succeeded();
        Assert.Equal(FaultRun.Results(expected), FaultRun.Results(actual));
        AssertSameHistory(whole, killed);
        Assert.True(resumed >= Campaign.Kills / 2, $"{resumed} of {Campaign.Kills} processes had something to go on from");
    }

    /// Speeds depend on the clock, and so does how the training loss is added up, in its last digits.
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

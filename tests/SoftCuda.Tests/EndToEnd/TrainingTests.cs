using System.Text.Json;
using GpuCtr.SoftCuda.Tests.Driver;
using GpuCtr.SoftCuda.Tests.Kernels;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Scoring;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>Whole runs on the machine, with graphs and copies beside the kernels, against the CPU device: the same learning, the same bits twice, nothing found.</summary>
[Collection(Cuda.Collection)]
public sealed class TrainingTests : IDisposable
{
    private const double AucTolerance = 5e-4;

    private const int Epochs = 2;

    private static readonly string[] small = ["--hidden-units", "16,8", "--embedding-dim", "4", "--batch-size", "128", "--lr", "0.01", "--max-history", "8", "--patience", "0"];

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Models with an order of the streams; with <see cref="CaseSelection.Long"/> three orders.</summary>
    public static TheoryData<string, int> Runs()
    {
        TheoryData<string, int> runs = [];
        foreach (string model in new[] { "deepfm", "din", "bst" })
            foreach (int seed in CaseSelection.IsLong ? new[] { 1, 2, 3 } : [3])
                runs.Add(model, seed);
        return runs;
    }

    /// <summary>The second run ends after its first epoch and is resumed.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void Model_learns_as_on_the_processor_with_the_same_bits_resumed_and_serves_eight_threads(string model, int seed)
    {
        ServedRows rows = new(200, seed: 2);
        string train = new ServedRows(400, seed: 1).Write(folder.File("train.parquet")), test = rows.Write(folder.File("test.parquet"));
        Machine machine = Machine.Install(new(Capability.Of("9.0"), seed));
        long inGraphs = 0;
        machine.Launch += launch => inGraphs += launch.InGraph ? 1 : 0;
        JsonElement Result(params string[] line) => JsonDocument.Parse(CommandRunner.Run(line).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        JsonElement Train(string device, string run, int epochs) => Result(
            ["train", train, "--test", test, "--model", model, "--device", device, "--out", folder.File(run), "--json", "--epochs", $"{epochs}", .. model == "din" ? ["--attention-units", "16,8"] : Array.Empty<string>(), .. small]);

        JsonElement first = Train("cuda", "first", Epochs), processor = Train("cpu", "processor", Epochs);
        Train("cuda", "second", 1);
        JsonElement second = Result("train", "--resume", "--out", folder.File("second"), "--epochs", $"{Epochs}", "--json");
        Assert.Equal(first.GetProperty("weights_hash").GetString(), second.GetProperty("weights_hash").GetString());
        Assert.Equal(processor.GetProperty("auc").GetDouble(), first.GetProperty("auc").GetDouble(), AucTolerance);
        // Only steps of one shape become graphs: histories differ from batch to batch.
        Assert.Equal(model == "deepfm", inGraphs > 0);

        using (CtrModel served = CtrModel.Load(folder.File("first"), new() { Device = "cuda", BatchRows = 4 }))
        using (CtrModel reference = CtrModel.Load(folder.File("first"), new() { Device = "cpu", BatchRows = 4 }))
        {
            float[] expected = [.. Enumerable.Range(0, 16).Select(i => reference.Score(rows.Fill(reference.NewRow(), i, model != "deepfm")))], scores = new float[16];
            Thread[] threads = [.. Enumerable.Range(0, 8).Select(t => new Thread(() =>
            {
                foreach (int i in new[] { t, t + 8 })
                    scores[i] = served.Score(rows.Fill(served.NewRow(), i, model != "deepfm"));
            }))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
        Assert.Empty(machine.Findings.All);
        Assert.Equal(0, machine.Memory.Used);
    }

    /// <summary>In a process of its own, which has a machine because its environment asks for one.</summary>
    [SkippableFact]
    public void Killed_run_is_resumed_to_the_same_bits()
    {
        string[] train = ["train", new ServedRows(400, seed: 1).Write(folder.File("train.parquet")), "--device", "cuda", "--json", .. small];
        string killed = folder.File("killed");
        string hook = typeof(Machine).Assembly.Location;
        using (ChildProcess process = ChildProcess.Start(["env", "GPU_CTR_SOFT_CUDA=9.0", $"DOTNET_STARTUP_HOOKS={hook}", .. TrainProcess.Words, .. train, "--out", killed, "--epochs", "1000000", "--checkpoint-every", "2"]))
        {
            process.WaitFor(() => File.Exists(Path.Combine(killed, "last")));
            process.Stop("KILL");
        }
        string epochs = $"{Checkpoint.Open(FaultRun.Pointed(killed, "last")).Manifest.Position.Epoch + 1}";
        Machine machine = Machine.Install(new(Capability.Of("9.0"), Seed: 2));
        CommandOutcome expected = CommandRunner.Run([.. train, "--out", folder.File("whole"), "--epochs", epochs, "--checkpoint-every", "2"]).Succeeded();
        CommandOutcome actual = CommandRunner.Run("train", "--resume", "--out", killed, "--epochs", epochs, "--json").Succeeded();
        Assert.Equal(FaultRun.Results(expected), FaultRun.Results(actual));
        Assert.Empty(machine.Findings.All);
    }
}

using System.Text.Json;
using GpuCtr.SoftCuda.Tests.Driver;
using GpuCtr.Training.Scoring;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>Whole runs on the machine, with graphs and copies beside the kernels, against the CPU device: the same learning, the same bits twice, nothing found.</summary>
[Collection(Cuda.Collection)]
public sealed class TrainingTests : IDisposable
{
    private const double AucTolerance = 5e-4;

    private static readonly string[] small = ["--hidden-units", "16,8", "--embedding-dim", "4", "--batch-size", "128", "--lr", "0.01", "--max-history", "8", "--epochs", "2", "--patience", "0"];

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Model_learns_as_on_the_processor_with_the_same_bits_twice_and_serves_eight_threads(string model)
    {
        ServedRows rows = new(200, seed: 2);
        string train = new ServedRows(600, seed: 1).Write(folder.File("train.parquet")), test = rows.Write(folder.File("test.parquet"));
        Machine machine = Machine.Install(new(Capability.Of("9.0"), Seed: 3));
        long inGraphs = 0;
        machine.Launch += launch => inGraphs += launch.InGraph ? 1 : 0;
        JsonElement Train(string device, string run) => JsonDocument.Parse(CommandRunner.Run(
            ["train", train, "--test", test, "--model", model, "--device", device, "--out", folder.File(run), "--json", .. model == "din" ? ["--attention-units", "16,8"] : Array.Empty<string>(), .. small]).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;

        JsonElement first = Train("cuda", "first"), second = Train("cuda", "second"), processor = Train("cpu", "processor");
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
}

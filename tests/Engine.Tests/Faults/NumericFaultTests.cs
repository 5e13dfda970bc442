using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class NumericFaultTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const int Rows = 16;

    [Theory]
    [InlineData(KernelChoice.Auto)]
    [InlineData(KernelChoice.Portable)]
    public void Fault16_A_step_that_is_not_finite_moves_nothing_and_is_counted(KernelChoice kernels)
    {
        using Device device = Device.Open("cpu", kernels, threads: 1);
        FeatureSpec spec = new([new Vocabulary("a", 5)], [new CategoricalField("a", 0)], ["x"], []);
        using TrainableModel model = new(device, spec, new ModelOptions { HiddenUnits = [4], EmbeddingDim = 4, BatchNorm = true, EmbeddingInitStd = 0.1 }, Rows);
        using Batch batch = new(device, model.Spec, Rows);
        Train(model, batch, 1);
        string before = Everything(model);
        Train(model, batch, float.PositiveInfinity);
        Assert.Equal(before, Everything(model));
        Train(model, batch, float.NaN);
        Assert.Equal(before, Everything(model));
        Assert.Equal((2, 2), (model.ReadGuard().Skipped, model.ReadGuard().SkippedInARow));
        Train(model, batch, 2);
        Assert.NotEqual(before, Everything(model));
        Assert.Equal((2, 0), (model.ReadGuard().Skipped, model.ReadGuard().SkippedInARow));
    }

    [Fact]
    public void Fault16_Three_in_a_row_are_exit_4_and_the_rows_are_written_down()
    {
        string folder = run.Folder.File("diverged"), file = Path.Combine(folder, "diverged.json");
        Run(["train", run.Train, "--out", folder, "--valid-fraction", "0", "--batch-size", "128", "--lr", "1e30", "--optimizer", "sgd", "--device", "cpu"])
            .FailedWith(ExitCode.Numeric, "3 steps in a row", "epoch 1, rows ", file);
        JsonNode told = JsonNode.Parse(File.ReadAllText(file))!;
        long first = (long)told["first_row"]!, last = (long)told["last_row"]!;
        Assert.Equal(128, last - first + 1);
        Assert.Equal(((int)told["step"]! - 1) * 128, first);
        long[] rows = [.. told["rows_by_shard"]![run.Train]!.AsArray().Select(r => (long)r!)];
        Assert.Equal(128, rows.Distinct().Count());
        Assert.InRange(rows.Max(), 128, 1999);
    }

    [Fact]
    public void Fault16_One_bad_batch_is_skipped_counted_and_told()
    {
        float[] x = [.. Enumerable.Range(0, 400).Select(i => i == 137 ? 3e38f : i % 7)];
        string shard = new TestShard().Column("label", [.. x.Select((_, i) => i % 2)]).Column("x", x).Write(run.Folder.File("extreme.parquet"));
        string error = Run("train", shard, "--out", run.Folder.File("extreme"), "--numeric-transform", "none", "--valid-fraction", "0", "--batch-size", "50", "--device", "cpu").Succeeded().Error;
        Assert.Contains("warning: 1 step(s) were skipped because loss or gradient was not finite", error);
    }

    private static void Train(TrainableModel model, Batch batch, float extreme)
    {
        batch.Rows = Rows;
        for (int r = 0; r < Rows; r++)
        {
            batch.SetId(r, 0, 1 + r % 4);
            (batch.Numeric[r], batch.Labels[r]) = (r == 3 ? extreme : 0.1f * r, r % 2);
        }

        batch.Prepare();
        model.TrainStep(batch, 0.1);
    }

    /// <summary>Weights, running statistics and the optimizer's state, bit by bit.</summary>
    private static string Everything(TrainableModel model) =>
        string.Join('\n', model.Weights.Concat(model.OptimizerStates).Select(t => $"{t.Name}: {string.Join(' ', t.ToArray(model.Device).Select(BitConverter.SingleToInt32Bits))}"));
}

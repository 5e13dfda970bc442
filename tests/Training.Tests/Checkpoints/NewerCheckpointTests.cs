using GpuCtr.Data.Features;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Checkpoints;

/// <summary>A run removes its older checkpoints while other processes read them.</summary>
public sealed class NewerCheckpointTests(FaultRun run) : IClassFixture<FaultRun>
{
    [Theory]
    [InlineData("")]
    [InlineData("best")]
    [InlineData("last")]
    public void A_checkpoint_that_is_removed_while_it_is_read_gives_way_to_the_newer_one(string part)
    {
        string copy = run.Copy();
        List<string> read = [];
        (string last, int vocabularies) = Checkpoint.Load(Path.Combine(copy, part), c =>
        {
            read.Add(Path.GetFileName(c.Folder));
            if (read.Count == 1)
                Replace(copy, c.Folder);
            return (c.Folder, c.LoadEncoder().Vocabularies.Count);
        });
        Assert.Equal(["15", "999"], read);
        Assert.EndsWith("999", last);
        Assert.True(vocabularies > 0);
    }

    [Fact]
    public void What_is_named_itself_or_damaged_is_not_replaced()
    {
        string copy = run.Copy(), checkpoint = FaultRun.Pointed(copy, "best");
        Assert.Throws<GpuCtrException>(() => Checkpoint.Load(checkpoint, c =>
        {
            Replace(copy, c.Folder);
            return c.LoadEncoder();
        }));
        string damaged = run.Copy();
        File.WriteAllText(Path.Combine(FaultRun.Pointed(damaged, "best"), "features.json"), "");
        Assert.Equal(ErrorKind.Data, Assert.Throws<GpuCtrException>(() => Checkpoint.Load(damaged, c => c.LoadEncoder())).Kind);
    }

    /// <summary>The pass over the rows happens after the vocabularies and before the weights are read.</summary>
    [Fact]
    public void A_warm_start_takes_the_weights_that_are_there()
    {
        string copy = run.Copy();
        Checkpoint from = Checkpoint.Open(FaultRun.Pointed(copy, "best"));
        WarmStart warm = WarmStart.Open(copy, from.Manifest.Model, forgetAfter: 0);
        Replace(copy, from.Folder);
        using Device device = Device.Open("cpu", threads: 1);
        FeatureEncoder encoder = warm.Grow(FeatureEncoder.Load(FaultRun.Pointed(copy, "best")));
        using TrainableModel model = new(device, encoder.Spec, from.Manifest.Model, 16);
        using RunLog runLog = new(Terminal.Of(TextWriter.Null, TextWriter.Null).Error, verbose: false);
        warm.Load(model, warm.RowsIn(model), runLog);
        Assert.Equal(15, model.Step);
    }

    [SkippableFact]
    public void A_run_in_training_can_be_read_at_any_moment()
    {
        string folder = run.Folder.File("training");
        using ChildProcess process = TrainProcess.Start(["train", run.Train, "--out", folder, .. FaultRun.Model, "--epochs", "1000000", "--checkpoint-every", "1"]);
        process.WaitFor(() => File.Exists(Path.Combine(folder, "best")));
        string last = Path.Combine(folder, "last");
        for (int i = 0; i < 4; i++)
        {
            Run("evaluate", "--model", last, run.Test, "--device", "cpu").Succeeded();
            Run("predict", "--model", last, run.Test, "--device", "cpu", "--out", run.Folder.File("scores.parquet"), "--overwrite").Succeeded();
            Run("explain", "--model", last, "--row", "3", run.Test).Succeeded();
            Run("export", "--model", last, "--out", run.Folder.File("model.onnx"), "--overwrite").Succeeded();
            CtrModel.Load(last).Dispose();
        }

        process.Stop("KILL");
    }

    /// <summary>What a trainer does between two steps.</summary>
    private static void Replace(string folder, string checkpoint)
    {
        FaultRun.CopyFolder(checkpoint, Path.Combine(folder, "checkpoints", "999"));
        PointerFile.Replace(Path.Combine(folder, RunFolder.Last), "999");
        PointerFile.Replace(Path.Combine(folder, RunFolder.Best), "999");
        Directory.Delete(checkpoint, recursive: true);
    }
}

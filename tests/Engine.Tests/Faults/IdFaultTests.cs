using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class IdFaultTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const int Rows = 4, Values = 5;

    [Theory]
    [InlineData(Values)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Fault19_An_id_outside_its_vocabulary_names_its_place_and_moves_nothing(int bad)
    {
        using Device device = Device.Open("cpu", threads: 1);
        FeatureSpec spec = new([new Vocabulary("item", Values)], [new CategoricalField("item", 0)], [], []);
        using TrainableModel model = new(device, spec, new ModelOptions { HiddenUnits = [4], EmbeddingDim = 4 }, Rows);
        using Batch batch = new(device, model.Spec, Rows) { Rows = Rows };
        string before = WeightsHash.Of(model);
        int[] ids = [1, 2, bad, 3];
        batch.SetIds(0, ids);
        ArgumentException e = Assert.ThrowsAny<ArgumentException>(() => batch.Prepare());
        Assert.Contains($"field item, row 2 of the batch: id {bad} is outside its vocabulary of {Values} rows", e.Message);
        Assert.Equal(before, WeightsHash.Of(model));
        // The slot serves again.
        (ids[2], batch.Rows) = (4, Rows);
        batch.SetIds(0, ids);
        batch.Prepare();
        model.TrainStep(batch, 0.1);
        Assert.NotEqual(before, WeightsHash.Of(model));
    }

    [Fact]
    public void Fault19_Any_integer_in_a_shard_is_a_value_or_unseen()
    {
        string shard = new TestShard()
            .Column("label", 0, 1, 0).Column("user", -1, long.MaxValue, long.MinValue).Column("item", 0L, 1L, -5L)
            .Text("site", "site1", null, "").Nullable<float>("age", 1, null, 3).Column("price", 1f, 2f, 3f)
            .Write(run.Folder.File("ids.parquet"));
        CommandOutcome o = Run("evaluate", "--model", run.Copy(), shard, "--device", "cpu").Succeeded();
        Assert.Contains("user 100.00 %", o.Error);
    }
}

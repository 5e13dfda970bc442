using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>A model that replays the steps its table rows missed.</summary>
public sealed class ReplayTests
{
    private const int B = 2;

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void A_skipped_step_is_replayed_for_no_row(string deviceName)
    {
        Device device = TestDevices.Get(deviceName);
        AssertSameTables(device, Train(device, EmbeddingUpdate.Dense, 0, poisoned: 4), Train(device, EmbeddingUpdate.Replay, 0, poisoned: 4));
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void A_full_update_log_is_cleared_and_training_continues(string deviceName)
    {
        Device device = TestDevices.Get(deviceName);
        int before = UpdateLog.Capacity - 5;
        AssertSameTables(device, Train(device, EmbeddingUpdate.Dense, before), Train(device, EmbeddingUpdate.Replay, before));
    }

    [Theory]
    [InlineData(OptimizerKind.Sgd)]
    [InlineData(OptimizerKind.Adagrad)]
    [InlineData(OptimizerKind.RowwiseAdagrad)]
    public void An_optimizer_without_momentum_defers_no_update(OptimizerKind optimizer)
    {
        Device device = TestDevices.Get("cpu simd");
        using TrainableModel dense = Train(device, EmbeddingUpdate.Dense, 0, optimizer: optimizer), replay = Train(device, EmbeddingUpdate.Replay, 0, optimizer: optimizer);
        Assert.False(replay.HasDeferredUpdates);
        Assert.Empty(replay.DeferredState);
        foreach ((Tensor d, Tensor r) in dense.Weights.Zip(replay.Weights))
            Assert.Equal(d.ToArray(device), r.ToArray(device));
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Prediction_reads_rows_with_their_deferred_updates(string deviceName)
    {
        Device device = TestDevices.Get(deviceName);
        using TrainableModel dense = Train(device, EmbeddingUpdate.Dense, 0), replay = Train(device, EmbeddingUpdate.Replay, 0);
        using Batch batch = SmallData.Batch(device, replay.Spec, B, seed: 99);
        float[] expected = new float[B], actual = new float[B];
        dense.Predict(batch, expected);
        Assert.True(replay.HasDeferredUpdates);
        replay.Predict(batch, actual);
        Assert.False(replay.HasDeferredUpdates);
        for (int b = 0; b < B; b++)
            Assert.Equal(expected[b], actual[b], 1e-4f);
    }

    /// <summary>Ten steps of two rows, so that most table rows miss most steps; batch <paramref name="poisoned"/> has an infinite loss.</summary>
    private static TrainableModel Train(Device device, EmbeddingUpdate update, int stepsBefore, int poisoned = -1, OptimizerKind optimizer = OptimizerKind.Adam)
    {
        FeatureSpec spec = SmallData.Spec(histories: false);
        ModelOptions options = ModelCatalog.Defaults("deepfm") with { EmbeddingDim = 5, EmbeddingInitStd = 0.05, HiddenUnits = [8], EmbeddingUpdate = update, Optimizer = optimizer };
        TrainableModel model = new(device, spec, options, B) { Step = stepsBefore };
        for (int step = 0; step < 10; step++)
        {
            using Batch batch = SmallData.Batch(device, spec, B, seed: step);
            if (step == poisoned)
                batch.Numeric[0] = float.NaN;
            model.TrainStep(batch, learningRate: 1e-3 / (step + 1));
        }
        Assert.Equal(poisoned < 0 ? 0 : 1, model.ReadGuard().Skipped);
        return model;
    }

    private static void AssertSameTables(Device device, TrainableModel dense, TrainableModel replay)
    {
        using (dense)
        using (replay)
        {
            Assert.True(replay.HasDeferredUpdates);
            replay.ApplyDeferred();
            Tensor[] expected = [.. dense.Weights, .. dense.OptimizerStates], actual = [.. replay.Weights, .. replay.OptimizerStates];
            Assert.Equal(expected.Select(t => t.Name), actual.Select(t => t.Name));
            foreach ((Tensor e, Tensor a) in expected.Zip(actual))
                Close.Assert(e.ToArray(device).Select(x => (double)x).ToArray(), a.ToArray(device), e.Name, absolute: 1e-6, relative: 1e-4);
        }
    }
}

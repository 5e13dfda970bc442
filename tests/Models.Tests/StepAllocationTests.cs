using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>A training step on the SIMD path allocates nothing, on any thread of its device.</summary>
public sealed class StepAllocationTests
{
    private const int B = 96, Steps = 100, Rounds = 10;

    public static TheoryData<string, EmbeddingUpdate, OptimizerKind, bool> Cases
    {
        get
        {
            TheoryData<string, EmbeddingUpdate, OptimizerKind, bool> cases = new()
            {
                { "deepfm", EmbeddingUpdate.Dense, OptimizerKind.Adam, false },
                { "deepfm", EmbeddingUpdate.Replay, OptimizerKind.Adam, false },
                { "deepfm", EmbeddingUpdate.Lazy, OptimizerKind.RowwiseAdagrad, false },
                { "deepfm", EmbeddingUpdate.Dense, OptimizerKind.RowwiseAdagrad, false },
                { "deepfm", EmbeddingUpdate.Replay, OptimizerKind.Sgd, false },
                { "wide-deep", EmbeddingUpdate.Lazy, OptimizerKind.Adam, true },
                { "dien", EmbeddingUpdate.Lazy, OptimizerKind.Adam, true },
            };
            foreach (string model in SmallData.ClickModels)
                cases.Add(model, EmbeddingUpdate.Lazy, OptimizerKind.Adam, false);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_hundred_steps_allocate_nothing(string name, EmbeddingUpdate update, OptimizerKind optimizer, bool widths)
    {
        Device device = TestDevices.Get("cpu simd");
        ModelOptions options = SmallData.Options(name) with { EmbeddingDim = 8, HiddenUnits = [40, 20], CinLayers = [9, 6], AttentionWidth = 16, Dropout = 0.2, BatchNorm = true, ClipNorm = 5, TransformerBlocks = 2, EmbeddingUpdate = update, Optimizer = optimizer, Momentum = optimizer == OptimizerKind.Sgd ? 0.9 : 0, ColumnDim = widths ? [new("item", 16), new("tags", 24)] : [] };
        using TrainableModel model = new(device, SmallData.Spec(options), options, B);
        Batch[] batches = [.. Enumerable.Range(0, 4).Select(seed => SmallData.Batch(device, model.Spec, B, seed))];
        void Train()
        {
            for (int step = 0; step < Steps; step++)
            {
                model.TrainStep(batches[step % batches.Length], 1e-3);
                if (step % 10 == 9)
                    model.TakeLoss();
            }
        }
        Train();
        // What the runtime allocates once, as when a worker sleeps for the first time, comes in a round or two; what a step allocates comes in all.
        ThreadAllocations threads = new(device.Team!);
        long[] allocated = [.. Enumerable.Range(0, Rounds).Select(_ => threads.Of(Train)).TakeWhile(bytes => bytes > 0)];
        Assert.True(allocated.Length < Rounds, $"bytes allocated in rounds of {Steps} steps: {string.Join(", ", allocated)}");
        foreach (Batch batch in batches)
            batch.Dispose();
    }
}

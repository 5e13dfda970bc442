using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Mini-batch aware regularization in a model.</summary>
public sealed class MbaTests
{
    private const int B = 12;

    /// <summary>One step of SGD moves a vector by −η λ w ÷ n more than without, where n is how often its id occurs in training.</summary>
    [Fact]
    public void Vectors_of_the_batch_are_regularized_by_their_occurrences_and_first_order_weights_are_not()
    {
        const double rate = 0.1, lambda = 2;
        Device device = TestDevices.Get("cpu simd");
        FeatureSpec spec = SmallData.Spec(histories: false);
        ModelOptions options = ModelCatalog.Defaults("deepfm") with { EmbeddingDim = 4, HiddenUnits = [5], EmbeddingInitStd = 0.3, Optimizer = Kernels.Optimizers.OptimizerKind.Sgd };
        long[] counts = [.. Enumerable.Range(1, spec.TotalRows).Select(n => (long)n)];
        using TrainableModel plain = new(device, spec, options, B, counts), regular = new(device, spec, options with { MbaLambda = lambda }, B, counts);
        float[] start = plain.Embedding!.ToArray(device);
        using Batch batch = SmallData.Batch(device, plain.Spec, B, seed: 1), same = SmallData.Batch(device, plain.Spec, B, seed: 1);
        plain.TrainStep(batch, rate);
        regular.TrainStep(same, rate);
        float[] without = plain.Embedding.ToArray(device), with = regular.Embedding!.ToArray(device);
        int moved = 0;
        for (int i = 0; i < start.Length; i++)
        {
            bool inBatch = without.AsSpan(i / 4 * 4, 4).SequenceEqual(start.AsSpan(i / 4 * 4, 4)) is false;
            Assert.Equal(without[i] - (inBatch ? rate * lambda * start[i] / counts[i / 4] : 0), with[i], 1e-6);
            moved += inBatch ? 1 : 0;
        }

        Assert.InRange(moved, 4 * B, start.Length - 1);
        float[] First(TrainableModel m) => m.Weights.Single(w => w.Name == "first_order").ToArray(device);
        Assert.Equal(First(plain), First(regular));
    }
}

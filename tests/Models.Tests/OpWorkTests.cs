using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Loss;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Every op that a model records says how many bytes it moves, so that no benchmark compares a time with nothing.</summary>
public sealed class OpWorkTests
{
    private const int B = 16;

    public static TheoryData<string> Models => new(SmallData.ClickModels);

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_op_moves_bytes_forward_and_backward(string name)
    {
        Device device = TestDevices.Get("cpu simd");
        ModelOptions options = SmallData.Options(name) with { EmbeddingDim = 8, HiddenUnits = [12, 8], BatchNorm = true, Dropout = 0.1, TransformerBlocks = 2 };
        using TrainableModel model = new(device, SmallData.Spec(options), options, B);
        using Batch batch = SmallData.Batch(device, model.Spec, B, seed: 1);
        // The lengths of lists are read from the device.
        model.TrainStep(batch, 1e-3);
        Pass pass = new(B, Training: true, batch.Tokens);
        // Nothing is trained through the logits of lists: the loss reads the scores.
        Assert.All(model.Recorded.Model.Ops, op => Assert.All(op is ListLogits ? [op.ForwardWork(pass)] : new[] { op.ForwardWork(pass), op.BackwardWork(pass) }, work =>
        {
            Assert.True(work.Bytes > 0 && double.IsFinite(work.Bytes), op.Name);
            Assert.True(work.Flops >= 0 && double.IsFinite(work.Flops), op.Name);
        }));
    }

    /// <summary>Listings and messages find the file of an op by its name.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Every_op_begins_its_name_with_that_of_its_type(string name)
    {
        ModelOptions options = SmallData.Options(name) with { BatchNorm = true, Dropout = 0.1 };
        using TrainableModel model = new(TestDevices.Get("cpu simd"), SmallData.Spec(options), options, B);
        Assert.All(model.Recorded.Model.Ops.Select(op => op is LossOnly only ? only.Op : op), op => Assert.StartsWith(op.GetType().Name, new string([.. op.Name.Where(char.IsLetterOrDigit)]), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void A_dense_layer_reads_its_input_and_weights_and_multiplies_them()
    {
        using TrainableModel model = new(TestDevices.Get("cpu simd"), SmallData.Spec(histories: false), ModelCatalog.Defaults("wide-deep") with { EmbeddingDim = 8, HiddenUnits = [12] }, B);
        IOp layer = model.Recorded.Model.Ops.Single(op => op.Name == "linear mlp.0.weight");
        const int inputs = 6 * 8, units = 12;
        Work one = new(4 * (B * (inputs + units) + inputs * units), 2 * B * inputs * units), forward = layer.ForwardWork(new(B, Training: true));
        Assert.Equal(one, forward);
        Assert.Equal(new Work(2 * one.Bytes, 2 * one.Flops), layer.BackwardWork(new(B, Training: true)));
    }
}

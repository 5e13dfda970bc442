using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>The gradient of every parameter of every model by central differences through the model itself: is everything wired, and added up?</summary>
/// <remarks>The ops are checked to 1e-5 elsewhere; a loss in float32 allows half a percent, which no missing or doubled term passes.</remarks>
public sealed class ModelGradients
{
    private const int B = 9;

    // Fourth order: truncation 1e-7 where nothing is curved more than that, rounding of the loss 6e-8 / H.
    private const float H = 0.02f;

    private const double Absolute = 3e-5, Relative = 5e-3;

    public static TheoryData<string, string> Cases => TestDevices.Times(ModelCatalog.Names.Concat(
        ["deepfm norm", "deepfm dropout", "deepfm norm dropout", "deepfm ids only in fm", "deepfm dice", "din softmax", "din sigmoid scaled", "din sum pooling",
            "lr numeric values", "fm first order of vectors", "wide-deep numeric values", "embedding-mlp numeric values", "nfm norm dropout", "nfm numeric values", "pnn numeric values", "ffm first order of vectors", "fnn numeric values", "dcn numeric values", "dcn-v2 rank", "embedding-mlp padded", "din padded", "din attention norm", "din per column",
            "din sum of history", "din projection product bias", "din affine dice", "din feature dice", "bst dropout", "bst blocks", "bst heads", "bst per column", "bst numeric values"]));

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Gradient_of_every_parameter_agrees_with_central_differences(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        ModelOptions options = Options(name);
        FeatureSpec spec = SmallData.Spec(histories: ModelCatalog.ReadsHistories(options.Model));
        using TrainableModel model = new(device, spec, options, B + 2);
        using Batch batch = SmallData.Batch(device, model.Spec, B, seed: 5, capacity: B + 2);
        KeepClearOfKinks(model);
        // One step with learning rate 0 puts the batch on the device and moves nothing.
        model.TrainStep(batch, learningRate: 0);
        Pass pass = new(B, Training: true, batch.Tokens);
        model.TakeLoss();
        model.Recorded.ForwardBackward(pass);
        model.TakeLoss();
        (Tensor Weights, float[] Gradient)[] parameters = model.Weights.Where(w => w is { Gradient: not null, Length: > 0 }).Select(w => (w, w.Gradient!.ToArray(device))).ToArray();
        Assert.NotEmpty(parameters);
        foreach ((Tensor weights, float[] gradient) in parameters)
            foreach (int i in Pick(weights, gradient, spec))
            {
                double expected = Slope(model, pass, weights, i);
                if (!(Math.Abs(gradient[i] - expected) <= Absolute + Relative * Math.Abs(expected)))
                    Assert.Fail($"{name} on {device}: d {weights}[{i}] is {gradient[i]:R}, by central differences {expected:R}");
            }
    }

    /// <summary>Smooth activations everywhere, and weights far from zero, so that differences mean something.</summary>
    private static ModelOptions Options(string name)
    {
        string model = name.Split(' ')[0];
        ModelOptions options = ModelCatalog.Defaults(model) with
        {
            EmbeddingDim = 3,
            EmbeddingInitStd = 0.4,
            HiddenUnits = [7, 4],
            AttentionUnits = [5, 3],
            Activation = Activations.Sigmoid,
            EmbeddingUpdate = EmbeddingUpdate.Dense,
            Seed = 3,
        };
        return name[model.Length..].Trim() switch
        {
            "norm" => options with { BatchNorm = true },
            "dropout" => options with { Dropout = 0.3 },
            "norm dropout" => options with { BatchNorm = true, Dropout = 0.3 },
            "rank" => options with { CrossRank = 2 },
            "ids only in fm" => options with { FmNumeric = false },
            "dice" => options with { Activation = Activations.Dice },
            "softmax" => options with { AttentionNormalization = Kernels.Attention.AttentionNormalization.Softmax },
            "sigmoid scaled" => options with { AttentionNormalization = Kernels.Attention.AttentionNormalization.Sigmoid },
            "numeric values" => options with { NumericInput = NumericInputs.Values },
            "first order of vectors" => options with { FirstOrder = FirstOrders.Vectors },
            "padded" => options with { PadHistories = true, AttentionNormalization = Kernels.Attention.AttentionNormalization.Softmax },
            "attention norm" => options with { AttentionBatchNorm = true },
            // A layer normalized over three units is too curved for differences.
            "per column" => options with { AttentionPerColumn = true, EmbeddingDim = model == "bst" ? 8 : options.EmbeddingDim },
            "sum of history" => options with { HistorySum = true },
            "projection product bias" => options with { HistoryProjection = true, TargetProduct = true, TargetBias = true },
            "affine dice" => options with { Dice = new(DiceNormalizations.AffineUnits, Momentum: 0.1) },
            "feature dice" => options with { Dice = new(DiceNormalizations.Features, Epsilon: 1e-3) },
            "blocks" => options with { TransformerBlocks = 3 },
            "heads" => options with { AttentionHeads = 6 },
            "sum pooling" => options with { Pooling = PoolingKind.Sum },
            _ => options,
        };
    }

    /// <summary>The hidden layer of a transformer block is a leaky rectifier: one half of its units stays above zero and the other below.</summary>
    private static void KeepClearOfKinks(TrainableModel model)
    {
        foreach (Tensor bias in model.Weights.Where(t => t.Name.EndsWith(".ffn1.bias", StringComparison.Ordinal)))
            bias.Write(model.Device, [.. Enumerable.Range(0, (int)bias.Length).Select(i => i % 2 == 0 ? 5f : -5f)]);
    }

    /// <summary>The largest gradients and a few more; not of padding rows, which have none.</summary>
    private static IEnumerable<int> Pick(Tensor weights, float[] gradient, FeatureSpec spec)
    {
        Random random = new(gradient.Length);
        HashSet<int> padding = weights.Rows == spec.TotalRows ? [.. spec.Offsets()] : [];
        Assert.All(padding.SelectMany(row => Enumerable.Range(row * weights.Columns, weights.Columns)), i => Assert.Equal(0, gradient[i]));
        return Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(4)
            .Concat(Enumerable.Range(0, 6).Select(_ => random.Next(gradient.Length))).Distinct()
            .Where(i => !padding.Contains(i / weights.Columns));
    }

    private static double Slope(TrainableModel model, Pass pass, Tensor weights, int i)
    {
        float[] value = new float[1];
        weights.Read(model.Device, value, i);
        float middle = value[0];
        double At(float step)
        {
            weights.Write(model.Device, [middle + step], i);
            model.Recorded.ForwardBackward(pass);
            return model.TakeLoss();
        }
        double slope = (At(-2 * H) - 8 * At(-H) + 8 * At(H) - At(2 * H)) / (12 * H);
        weights.Write(model.Device, [middle], i);
        return slope;
    }
}

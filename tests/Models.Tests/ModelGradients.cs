using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;
using Presets = GpuCtr.Models.Variants;

namespace GpuCtr.Models.Tests;

/// <summary>The gradient of every parameter of every model by central differences of its loss: is every op connected, and every contribution added?</summary>
/// <remarks>The ops are checked to 1e-5 elsewhere; a loss in float32 allows half a percent, which no missing or doubled term passes.</remarks>
public sealed class ModelGradients
{
    private const int B = 9;

    // Fourth order: truncation 1e-7 where nothing is curved more than that, rounding of the loss 6e-8 / H.
    private const float H = 0.02f;

    private const double Absolute = 3e-5, Relative = 5e-3;

    private static readonly ModelCase[] cases =
    [
        .. ModelCatalog.ClickModels.Select(model => new ModelCase(model)),
        new("deepfm", "norm", o => o with { BatchNorm = true }),
        new("deepfm", "dropout", o => o with { Dropout = 0.3 }),
        new("deepfm", "norm dropout", o => o with { BatchNorm = true, Dropout = 0.3 }),
        new("deepfm", "ids only in fm", o => o with { FmNumeric = false }),
        new("deepfm", "dice", o => o with { Activation = Activations.Dice }),
        new("din", "softmax", o => o with { AttentionNormalization = AttentionNormalization.Softmax }),
        new("din", "sigmoid scaled", o => o with { AttentionNormalization = AttentionNormalization.Sigmoid }),
        new("din", "sum pooling", o => o with { Pooling = PoolingKind.Sum }),
        new("lr", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("fm", "first order of vectors", o => o with { FirstOrder = FirstOrders.Vectors }),
        new("wide-deep", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("embedding-mlp", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("nfm", "norm dropout", o => o with { BatchNorm = true, Dropout = 0.3 }),
        new("nfm", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("pnn", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("ffm", "first order of vectors", o => o with { FirstOrder = FirstOrders.Vectors }),
        new("fnn", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("dcn", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        new("dcn-v2", "rank", o => o with { CrossRank = 2 }),
        new("xdeepfm", "split", o => o with { CinLayers = [5, 4, 3], CinSplit = true }),
        new("xdeepfm", "numeric values", o => o with { NumericInput = NumericInputs.Values, CinLayers = [2] }),
        new("autoint", "no mlp", o => o with { HiddenUnits = [], AttentionLayers = 2, AttentionWidth = 6, AttentionHeads = 3 }),
        new("autoint", "numeric values", o => o with { NumericInput = NumericInputs.Values, AttentionLayers = 1, AttentionWidth = 4 }),
        new("finalmlp", "gates of columns", o => o with { FirstGate = ["user"], SecondGate = ["tags", "age"], GateUnits = [5, 3] }),
        new("finalmlp", "heads", o => o with { HiddenUnits = [7, 6], SecondHiddenUnits = [4, 3, 9], FusionHeads = 3 }),
        new("finalmlp", "numeric values norm dropout", o => o with { NumericInput = NumericInputs.Values, BatchNorm = true, Dropout = 0.3, GateUnits = [] }),
        new("embedding-mlp", "padded", o => o with { PadHistories = true, AttentionNormalization = AttentionNormalization.Softmax }),
        new("din", "padded", o => o with { PadHistories = true, AttentionNormalization = AttentionNormalization.Softmax }),
        new("din", "attention norm", o => o with { AttentionBatchNorm = true }),
        new("din", "per column", o => o with { AttentionPerColumn = true }),
        new("din", "sum of history", o => o with { HistorySum = true }),
        new("din", "projection product bias", o => o with { HistoryProjection = true, TargetProduct = true, TargetBias = true }),
        new("din", "affine dice", o => o with { Dice = new(DiceNormalizations.AffineUnits, Momentum: 0.1) }),
        new("din", "feature dice", o => o with { Dice = new(DiceNormalizations.Features, Epsilon: 1e-3) }),
        new("dien", "official", o => Presets.Of("dien", "dien-official").Model with { EmbeddingDim = 3, EmbeddingInitStd = 0.4, HiddenUnits = [7, 4], Activation = Activations.Sigmoid, AttentionUnits = [5, 3], AuxiliaryUnits = [4, 3], Seed = 3 }),
        new("bst", "dropout", o => o with { Dropout = 0.3 }),
        new("bst", "blocks", o => o with { TransformerBlocks = 3 }),
        new("bst", "heads", o => o with { AttentionHeads = 6 }),
        // A layer normalized over three units is too curved for differences.
        new("bst", "per column", o => o with { AttentionPerColumn = true, EmbeddingDim = 8 }),
        new("prm", "wide heads", o => o with { TransformerBlocks = 2, AttentionHeads = 2, HeadWidth = 5, AttentionWidth = 8, FeedForward = 6, ListPlaces = 3 }),
        new("prm", "pointwise dropout", o => o with { ListLoss = ListLoss.Pointwise, AttentionWidth = 8, Dropout = 0.3 }),
        new("bst", "numeric values", o => o with { NumericInput = NumericInputs.Values }),
        .. ModelCatalog.OfSeveralWidths.Select(model => new ModelCase(model, "widths", o => o with { ColumnDim = Widths })),
        new("din", "widths per column", o => o with { ColumnDim = Widths, AttentionPerColumn = true, HistorySum = true, TargetProduct = true, TargetBias = true }),
        new("din", "widths padded", o => o with { ColumnDim = Widths, PadHistories = true }),
        new("finalmlp", "widths of gates", o => o with { ColumnDim = Widths, FirstGate = ["item"], SecondGate = ["tags", "user"] }),
        .. new[] { "lr", "deepfm", "ffm", "autoint", "dcn" }.Select(model => new ModelCase(model, Vectors)),
    ];

    private static ColumnWidth[] Widths => [new("item", 9), new("tags", 6)];

    /// <summary>Cases in which the last number is that of a vector column.</summary>
    private const string Vectors = "numbers of vectors";

    public static TheoryData<ModelCase> Cases => new(cases);

    /// <summary>Differences of the loss on the SIMD device, and the gradients of every device.</summary>
    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Gradient_of_every_parameter_agrees_with_central_differences(ModelCase c)
    {
        using Step reference = new(TestDevices.Get("cpu simd"), c);
        float[][] gradients = reference.Gradients();
        Assert.NotEmpty(gradients);
        (int Parameter, int Element, double Slope)[] slopes = [.. reference.Parameters.SelectMany((w, p) => Pick(w, gradients[p], reference.Spec).Select(i => (p, i, reference.Slope(w, i))))];
        foreach (Device device in TestDevices.Names.Select(TestDevices.Find).OfType<Device>())
        {
            using Step step = new(device, c);
            float[][] actual = step.Gradients();
            foreach ((int p, int i, double slope) in slopes)
                if (!(Math.Abs(actual[p][i] - slope) <= Absolute + Relative * Math.Abs(slope)))
                    Assert.Fail($"{c} on {device}: d {step.Parameters[p]}[{i}] is {actual[p][i]:R}, by central differences {slope:R}");
            foreach ((Tensor w, float[] gradient) in step.Parameters.Zip(actual))
                Assert.All(Padding(w, step.Spec), i => Assert.Equal(0, gradient[i]));
        }
    }

    /// <summary>The largest gradients and a few more; not of padding rows, which have none.</summary>
    private static IEnumerable<int> Pick(Tensor weights, float[] gradient, FeatureSpec spec)
    {
        Random random = new(gradient.Length);
        return Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(4)
            .Concat(Enumerable.Range(0, 6).Select(_ => random.Next(gradient.Length))).Distinct().Except(Padding(weights, spec));
    }

    /// <summary>The elements of rows that are not trained.</summary>
    private static IEnumerable<int> Padding(Tensor weights, FeatureSpec columns)
    {
        FeatureSpec spec = columns.ByVector();
        IEnumerable<int> rows = weights.Rows != spec.TotalRows ? [] : spec.Offsets();
        // An id has one first-order weight, however many vectors it has.
        if (weights.Rows == spec.TotalRows && weights.Columns == 1)
            rows = rows.Concat(Enumerable.Range(columns.TotalRows, spec.TotalRows - columns.TotalRows)).Distinct();
        return rows.SelectMany(row => Enumerable.Range(row * weights.Columns, weights.Columns));
    }

    /// <summary>A model and a batch on a device, at the weights of its seed.</summary>
    private sealed class Step : IDisposable
    {
        private readonly TrainableModel model;
        private readonly Batch batch;
        private readonly Pass pass;

        public Step(Device device, ModelCase c)
        {
            // Smooth activations everywhere, and weights far from zero, so that differences mean something.
            ModelOptions options = c.Of(ModelCatalog.Defaults(c.Model) with
            {
                EmbeddingDim = 3,
                EmbeddingInitStd = 0.4,
                HiddenUnits = [7, 4],
                AttentionUnits = [5, 3],
                Activation = Activations.Sigmoid,
                EmbeddingUpdate = EmbeddingUpdate.Dense,
                Poly2Buckets = 23,
                Seed = 3,
            });
            model = new(device, SmallData.Spec(histories: ModelCatalog.ReadsHistories(c.Model)) with { VectorNumbers = c.Change == Vectors ? 1 : 0 }, options, B + 2);
            batch = SmallData.Batch(device, model.Spec, B, seed: 5, capacity: B + 2);
            KeepClearOfKinks(model);
            // One step with learning rate 0 puts the batch on the device and moves nothing.
            model.TrainStep(batch, learningRate: 0);
            pass = new(B, Training: true, batch.Tokens);
            Loss();
        }

        public FeatureSpec Spec => model.Spec;

        public IReadOnlyList<Tensor> Parameters => [.. model.Weights.Where(w => w is { Gradient: not null, Length: > 0 })];

        public float[][] Gradients()
        {
            model.Recorded.ForwardBackward(pass);
            Loss();
            return [.. Parameters.Select(w => w.Gradient!.ToArray(model.Device))];
        }

        public double Slope(Tensor weights, int i)
        {
            float[] value = new float[1];
            weights.Read(model.Device, value, i);
            float middle = value[0];
            double At(float step)
            {
                weights.Write(model.Device, [middle + step], i);
                model.Recorded.ForwardBackward(pass);
                return Loss();
            }
            double slope = (At(-2 * H) - 8 * At(-H) + 8 * At(H) - At(2 * H)) / (12 * H);
            weights.Write(model.Device, [middle], i);
            return slope;
        }

        /// <summary>What training minimizes, since the last call.</summary>
        private double Loss() => model.TakeLoss() + model.Options.AuxiliaryLoss * (model.TakeAuxiliaryLoss() ?? 0);

        public void Dispose()
        {
            batch.Dispose();
            model.Dispose();
        }
    }

    /// <summary>The hidden layers of a transformer block and of a gate are rectified: one half of their units stays above zero and the other below.</summary>
    private static void KeepClearOfKinks(TrainableModel model)
    {
        foreach (Tensor bias in model.Weights.Where(t => t.Name.EndsWith(".ffn1.bias", StringComparison.Ordinal)
            || t.Name.StartsWith("gate", StringComparison.Ordinal) && t.Name.EndsWith(".bias", StringComparison.Ordinal) && !t.Name.EndsWith(".out.bias", StringComparison.Ordinal)))
            bias.Write(model.Device, [.. Enumerable.Range(0, (int)bias.Length).Select(i => i % 2 == 0 ? 5f : -5f)]);
    }
}

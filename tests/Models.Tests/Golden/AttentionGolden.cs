using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Golden;

/// <summary>The activation unit alone against float64 libtorch: every normalization with every activation, forward and backward.</summary>
public sealed class AttentionGolden
{
    public static TheoryData<string, string> Cases => TestDevices.Times(GoldenFile.Of("din_attention"));

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Attention_matches_scores_weights_pooled_and_gradients(string deviceName, string caseName)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(caseName);
        int[] shape = golden.Shape("inputs", "k");
        (int b, int e) = (shape[0], shape[2]);
        ModelBuilder g = new(device, Spec(shape), Options(golden, e), b);
        Tensor vectors = g.FieldVectors(e), pooled = g.TargetAttention(g.History(vectors, 0), "att");
        // Stands for the tower, which reads the target's vector too and writes its gradient first.
        vectors.Consume();
        using RecordedModel model = g.Build(pooled);
        model.Workspace.Allocate();
        model.Initialize(1);
        Load(model, golden);
        using Batch batch = Slot(device, g.Spec, golden);
        batch.Upload(device, model.Inputs);
        Pass pass = new(b, golden.Flag("training"), batch.Tokens);

        foreach (IOp op in model.Ops)
            op.Forward(pass);
        pooled.Gradient!.Write(device, golden.Input("upstream").ToFloats());
        foreach (IOp op in model.Ops.Reverse())
            op.Backward(pass);

        int[] valid = ValidPositions(golden, shape[1]);
        AttentionPooling pooling = model.Ops.OfType<AttentionPooling>().Single();
        Close.Assert(golden.Expected("pooled"), pooled.ToArray(device), "pooled");
        Close.Assert(valid.Select(i => golden.Expected("weight")[i]).ToArray(), pooling.Weights.ToArray(device)[..valid.Length], "weight");
        Close.Assert(golden.Expected("grad.q"), vectors.Gradient!.ToArray(device)[..(b * e)], "grad.q");
        float[] dKeys = model.Embedding!.RowGradients.ToArray(device)[(b * e)..(b * e + valid.Length * e)];
        Close.Assert(valid.SelectMany(i => golden.Expected("grad.k")[(i * e)..(i * e + e)]).ToArray(), dKeys, "grad.k");
        foreach (Tensor parameter in model.Arena.Parameters.Where(p => golden.Has("expected", $"grad.{p.Name}")))
            Close.Assert(golden.Expected($"grad.{parameter.Name}"), parameter.Gradient!.ToArray(device), parameter.Name);
    }

    private static FeatureSpec Spec(int[] shape) => new(
        [new Vocabulary("item", shape[0] + shape[0] * shape[1] + 2)], [new CategoricalField("item", 0)], [], [new SequenceField("hist_item", 0, SequenceRole.History, 0, shape[1])]);

    private static ModelOptions Options(GoldenFile golden, int width) => new()
    {
        EmbeddingDim = width,
        AttentionUnits = golden.Sizes("hidden"),
        AttentionActivation = Enum.Parse<Activations>(golden.Word("activation")!, ignoreCase: true),
        AttentionNormalization = golden.Word("normalization") switch
        {
            "softmax" => AttentionNormalization.Softmax,
            "sigmoid_scaled" => AttentionNormalization.Sigmoid,
            _ => AttentionNormalization.None,
        },
        Dice = new(Epsilon: golden.Config("eps")),
    };

    /// <summary>Parameters; queries in rows 1 … B of the table, keys behind them.</summary>
    private static void Load(RecordedModel model, GoldenFile golden)
    {
        foreach (Tensor t in model.Arena.Parameters.Concat(model.RunningStatistics).Where(t => golden.Has("parameters", t.Name)))
            t.Write(model.Device, golden.Parameter(t.Name).ToFloats());
        double[] vectors = [.. golden.Input("q"), .. golden.Input("k")];
        model.Embedding!.Weights.Write(model.Device, vectors.ToFloats(), model.Embedding.Weights.Columns);
    }

    private static Batch Slot(Device device, FeatureSpec spec, GoldenFile golden)
    {
        double[] length = golden.Input("length");
        Batch batch = new(device, spec, length.Length) { Rows = length.Length };
        BatchSequence history = batch.Sequences[0];
        for (int b = 0; b < batch.Rows; b++)
        {
            batch.SetId(b, 0, 1 + b);
            history.SetIds(b, [.. Enumerable.Range(1 + batch.Rows + b * history.Field.MaxLength, (int)length[b])]);
        }
        batch.Prepare();
        return batch;
    }

    private static int[] ValidPositions(GoldenFile golden, int longest) =>
        [.. golden.Input("length").SelectMany((length, b) => Enumerable.Range(b * longest, (int)length))];
}

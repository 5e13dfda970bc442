using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>The attention unit alone against float64 libtorch: every normalization with every activation, forward and backward.</summary>
public sealed class AttentionGolden
{
    private const int B = 6, T = 5, E = 4;

    private static readonly FeatureSpec Spec = new(
        [new Vocabulary("item", B + B * T + 2)], [new CategoricalField("item", 0)], [], [new SequenceField("hist_item", 0, SequenceRole.History, 0, T)]);

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string device in TestDevices.Names)
                foreach (string activation in new[] { "relu", "sigmoid", "prelu", "dice" })
                    foreach (string normalization in new[] { "none", "softmax", "sigmoid_scaled" })
                        cases.Add(device, $"din_attention_{activation}_{normalization}");
            foreach (string device in TestDevices.Names)
                cases.Add(device, "din_attention_dice_none_eval");
            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Attention_matches_scores_weights_pooled_and_gradients(string deviceName, string caseName)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(caseName);
        ModelBuilder g = new(device, Spec, Options(caseName), B);
        Tensor vectors = g.FieldVectors(E), pooled = g.TargetAttention(g.History(vectors, 0), "att");
        // Stands for the tower, which reads the target's vector too and writes its gradient first.
        vectors.Consume();
        using RecordedModel model = g.Build(pooled);
        model.Workspace.Allocate();
        model.Initialize(1);
        Load(model, golden);
        using Batch batch = Slot(device, golden);
        batch.Upload(device, model.Inputs);
        Pass pass = new(B, Training: !caseName.EndsWith("_eval", StringComparison.Ordinal), batch.Tokens);

        foreach (IOp op in model.Ops)
            op.Forward(pass);
        pooled.Gradient!.Write(device, Floats(golden.Input("upstream")));
        foreach (IOp op in model.Ops.Reverse())
            op.Backward(pass);

        int[] valid = ValidPositions(golden);
        AttentionPooling pooling = model.Ops.OfType<AttentionPooling>().Single();
        Close.Assert(golden.Expected("pooled"), pooled.ToArray(device), "pooled");
        Close.Assert(valid.Select(i => golden.Expected("weight")[i]).ToArray(), pooling.Weights.ToArray(device)[..valid.Length], "weight");
        Close.Assert(golden.Expected("grad.q"), vectors.Gradient!.ToArray(device)[..(B * E)], "grad.q");
        float[] dKeys = model.Embedding!.RowGradients.ToArray(device)[(B * E)..(B * E + valid.Length * E)];
        Close.Assert(valid.SelectMany(i => golden.Expected("grad.k")[(i * E)..(i * E + E)]).ToArray(), dKeys, "grad.k");
        foreach (Tensor parameter in model.Arena.Parameters.Where(p => golden.Has("expected", $"grad.{p.Name}")))
            Close.Assert(golden.Expected($"grad.{parameter.Name}"), parameter.Gradient!.ToArray(device), parameter.Name);
    }

    private static ModelOptions Options(string caseName) => new()
    {
        EmbeddingDim = E,
        AttentionUnits = [6, 4],
        AttentionActivation = Enum.Parse<Activations>(caseName.Split('_')[2], ignoreCase: true),
        AttentionNormalization = Enum.Parse<AttentionNormalization>(caseName.Split('_')[3], ignoreCase: true),
    };

    /// <summary>Parameters; queries in rows 1 … B of the table, keys behind them.</summary>
    private static void Load(RecordedModel model, GoldenFile golden)
    {
        foreach (Tensor t in model.Arena.Parameters.Concat(model.RunningStatistics).Where(t => golden.Has("parameters", t.Name)))
            t.Write(model.Device, Floats(golden.Parameter(t.Name)));
        model.Embedding!.Weights.Write(model.Device, Floats([.. golden.Input("q"), .. golden.Input("k")]), E);
    }

    private static Batch Slot(Device device, GoldenFile golden)
    {
        Batch batch = new(device, Spec, B) { Rows = B };
        BatchSequence history = batch.Sequences[0];
        double[] length = golden.Input("length");
        for (int b = 0; b < B; b++)
        {
            batch.SetId(b, 0, 1 + b);
            history.SetIds(b, [.. Enumerable.Range(1 + B + b * T, (int)length[b])]);
        }
        batch.Prepare();
        return batch;
    }

    private static int[] ValidPositions(GoldenFile golden) =>
        Enumerable.Range(0, B * T).Where(i => i % T < golden.Input("length")[i / T]).ToArray();

    private static float[] Floats(double[] values) => values.Select(v => (float)v).ToArray();
}

using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>The full DeepFM against float64 libtorch: logits, loss, gradients, and parameters after three steps of dense and of lazy Adam.</summary>
public sealed class DeepFmGolden
{
    private static readonly int[] Cardinalities = [7, 5, 11];
    private const int D = 4, N = 3, B = 6;

    private static readonly GoldenFile Golden = GoldenFile.Read("deepfm");

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_first_batch_matches_logits_loss_and_gradients(string deviceName)
    {
        Device device = TestDevices.Get(deviceName);
        using CtrModel model = Build(device, EmbeddingUpdate.Dense);
        using Batch batch = Fill(device, "b0");
        float[] logits = new float[B];
        model.Predict(batch, logits);
        Close.Assert(Golden.Expected("logit"), logits, "logit");
        model.ForwardBackward(new Pass(B, Training: true));
        Close.Assert(Golden.Expected("loss"), [(float)model.TakeLoss()], "loss");
        foreach (string name in Golden.Names("expected").Where(n => n.StartsWith("grad.", StringComparison.Ordinal)))
            Close.Assert(Golden.Expected(name), Read(model, name["grad.".Length..], gradient: true), name);
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_three_dense_adam_steps_match(string deviceName) => ThreeSteps(deviceName, EmbeddingUpdate.Dense, "adam_dense");

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_three_lazy_adam_steps_match(string deviceName) => ThreeSteps(deviceName, EmbeddingUpdate.Lazy, "adam_lazy");

    private static void ThreeSteps(string deviceName, EmbeddingUpdate update, string expected)
    {
        Device device = TestDevices.Get(deviceName);
        using CtrModel model = Build(device, update);
        List<float> losses = [];
        foreach (string name in new[] { "b0", "b1", "b2" })
        {
            using Batch batch = Fill(device, name);
            model.TrainStep(batch, Golden.Config("lr"));
            losses.Add((float)model.TakeLoss());
        }
        Close.Assert(Golden.Expected($"after3_{expected}.losses"), losses.ToArray(), "losses");
        foreach (string name in Golden.Names("parameters"))
        {
            double[] after = Golden.Expected($"after3_{expected}.{name}"), gradient = Golden.Expected($"grad.{name}");
            float[] actual = Read(model, name, gradient: false);
            // Adam's first steps move by lr · sign(g): where g is rounding noise, so is the sign.
            for (int i = 0; i < after.Length; i++)
                if (Math.Abs(gradient[i]) is > 0 and < 1e-6)
                    actual[i] = (float)after[i];
            Close.Assert(after, actual, name, absolute: 2e-5, relative: 1e-5);
        }
    }

    private static FeatureSpec Spec() => new(
        Cardinalities.Select((c, f) => new Vocabulary($"f{f}", c + 2)).ToArray(),
        Cardinalities.Select((_, f) => new CategoricalField($"f{f}", f)).ToArray(),
        Enumerable.Range(0, N).Select(n => $"x{n}").ToArray(), []);

    private static CtrModel Build(Device device, EmbeddingUpdate update)
    {
        CtrModel model = new(device, Spec(), new ModelOptions { EmbeddingDim = D, HiddenUnits = [8, 5], EmbeddingUpdate = update }, B);
        foreach (string name in Golden.Names("parameters"))
        {
            (Tensor tensor, long offset) = Locate(model, name);
            tensor.Write(device, Golden.Parameter(name).Select(x => (float)x).ToArray(), offset);
        }
        return model;
    }

    private static Batch Fill(Device device, string name)
    {
        Batch batch = new(device, Spec(), B) { Rows = B };
        Golden.Input($"{name}.ids").Select(id => (int)id + 1).ToArray().CopyTo(batch.Ids);
        Golden.Input($"{name}.x").Select(x => (float)x).ToArray().CopyTo(batch.Numeric);
        Golden.Input($"{name}.label").Select(y => (float)y).ToArray().CopyTo(batch.Labels);
        batch.Prepare();
        return batch;
    }

    private static float[] Read(CtrModel model, string name, bool gradient)
    {
        (Tensor tensor, long offset) = Locate(model, name);
        float[] values = new float[Golden.Parameter(name).Length];
        (gradient ? tensor.Gradient! : tensor).Read(model.Device, values, offset);
        return values;
    }

    /// <summary>Where a golden parameter lives: its tensor and first element. Id 0 there is row 1 here, behind the padding row.</summary>
    private static (Tensor Tensor, long Offset) Locate(CtrModel model, string name)
    {
        Tensor Named(string ours) => model.Weights.Single(t => t.Name == ours);
        string[] part = name.Split('.');
        return part[0] switch
        {
            "emb" => (Named("embedding"), (model.Spec.Offsets()[int.Parse(part[1])] + 1) * D),
            "lin" => (Named("first_order"), model.Spec.Offsets()[int.Parse(part[1])] + 1),
            "num" => (Named(part[1] == "V" ? "numeric.vectors" : "numeric.weights"), 0),
            "mlp" => (Named(part[1] == "2" ? $"mlp.out.{part[2]}" : name), 0),
            _ => (Named(name), 0),
        };
    }
}

using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>A whole model against float64 libtorch: logits, loss, gradients, and parameters after three steps of dense and of lazy Adam, and of replay where dense ends.</summary>
/// <param name="Golden">The vectors.</param>
/// <param name="Spec">Fields; id 0 of the vectors is an ordinary row there and id 1 here, behind the padding row.</param>
/// <param name="Options">The model.</param>
/// <param name="Fill">Copies the named batch of the vectors to a slot.</param>
/// <param name="Locate">Where a parameter of the vectors lives: name of our tensor and first element.</param>
internal sealed record GoldenModel(GoldenFile Golden, FeatureSpec Spec, ModelOptions Options, Action<Batch, string> Fill, Func<string, (string Tensor, long Offset)> Locate)
{
    private const int B = 6;

    public void CheckGradients(Device device)
    {
        using TrainableModel model = Build(device, EmbeddingUpdate.Dense);
        using Batch batch = Slot(device, "b0");
        float[] logits = new float[B];
        model.Predict(batch, logits);
        Close.Assert(Golden.Expected(Golden.Has("expected", "eval_logit") ? "eval_logit" : "logit"), logits, "evaluation logit");
        model.Recorded.ForwardBackward(new Pass(B, Training: true, batch.Tokens));
        Close.Assert(Golden.Expected("loss"), [(float)model.TakeLoss()], "loss");
        foreach (string name in Golden.Names("expected").Where(n => n.StartsWith("grad.", StringComparison.Ordinal)))
            Close.Assert(Golden.Expected(name), Read(model, name["grad.".Length..], gradient: true), name);
    }

    public void CheckThreeSteps(Device device, EmbeddingUpdate update)
    {
        string expected = update == EmbeddingUpdate.Lazy ? "after3_adam_lazy" : "after3_adam_dense";
        using TrainableModel model = Build(device, update);
        List<float> losses = [];
        foreach (string name in new[] { "b0", "b1", "b2" })
        {
            using Batch batch = Slot(device, name);
            model.TrainStep(batch, Golden.Config("lr"));
            losses.Add((float)model.TakeLoss());
        }
        model.ApplyDeferred();
        Close.Assert(Golden.Expected($"{expected}.losses"), losses.ToArray(), "losses");
        foreach (string name in Golden.Names("parameters"))
        {
            double[] after = Golden.Expected($"{expected}.{name}");
            float[] actual = Read(model, name, gradient: false);
            if (Golden.Has("expected", $"grad.{name}"))
                IgnoreNoiseSigns(Golden.Expected($"grad.{name}"), after, actual);
            Close.Assert(after, actual, name, absolute: 2e-5, relative: 1e-5);
        }
    }

    /// <summary>Adam's first steps move by lr · sign(g): where g is rounding noise, so is the sign.</summary>
    private static void IgnoreNoiseSigns(double[] gradient, double[] after, float[] actual)
    {
        for (int i = 0; i < after.Length; i++)
            if (Math.Abs(gradient[i]) is > 0 and < 1e-6)
                actual[i] = (float)after[i];
    }

    private TrainableModel Build(Device device, EmbeddingUpdate update)
    {
        TrainableModel model = new(device, Spec, Options with { EmbeddingUpdate = update }, B);
        foreach (string name in Golden.Names("parameters"))
        {
            (string tensor, long offset) = Locate(name);
            model.Weights.Single(t => t.Name == tensor).Write(device, Golden.Parameter(name).Select(x => (float)x).ToArray(), offset);
        }
        return model;
    }

    private Batch Slot(Device device, string name)
    {
        Batch batch = new(device, Spec, B) { Rows = B };
        Fill(batch, name);
        Golden.Input($"{name}.label").Select(y => (float)y).ToArray().CopyTo(batch.Labels);
        batch.Prepare();
        return batch;
    }

    private float[] Read(TrainableModel model, string name, bool gradient)
    {
        (string ours, long offset) = Locate(name);
        Tensor tensor = model.Weights.Single(t => t.Name == ours);
        float[] values = new float[Golden.Parameter(name).Length];
        (gradient ? tensor.Gradient! : tensor).Read(model.Device, values, offset);
        return values;
    }
}

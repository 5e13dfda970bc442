using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>A whole model against float64 libtorch: logits, loss, gradients, and parameters after three steps of dense and of lazy Adam, and of replay where dense ends.</summary>
/// <param name="File">The vectors.</param>
/// <param name="Spec">Fields; id 0 of the vectors is an ordinary row there and id 1 here, behind the padding row.</param>
/// <param name="Options">The model.</param>
/// <param name="Fill">Copies a batch of the vectors to a slot: b, its rows, and the prefix of the names of its inputs.</param>
internal sealed record GoldenModel(GoldenFile File, FeatureSpec Spec, ModelOptions Options, Action<Batch, string> Fill)
{
    /// <summary>Rows of a batch, by the prefix of its inputs.</summary>
    public Func<string, int> RowsOf { get; init; } = prefix => File.Shape("inputs", $"{prefix}{(File.Has("inputs", $"{prefix}label") ? "label" : "ids")}")[0];

    /// <summary>The file's logits of the first batch.</summary>
    public Func<double[]> ExpectedLogit { get; init; } = () => File.Expected("logit");


    /// <summary>The file's logits by the output of our model: the same, unless it predicts items.</summary>
    public Func<TrainableModel, float[], float[]> Logits { get; init; } = static (_, output) => output;

    /// <summary>Our tensor for a parameter of the file; null: its value is part of others.</summary>
    public Func<string, GoldenPlace?> Place { get; init; } = name => new(name);

    /// <summary>The value written for a parameter of the file.</summary>
    public Func<string, double[]> Value { get; init; } = File.Parameter;

    /// <summary>Whether the gradient of a parameter is 0 by symmetry: in float32 it is noise, and so are Adam's steps on the parameter.</summary>
    public Func<string, bool> IsNoise { get; init; } = _ => false;

    /// <summary>What the files call parameters after three steps; replay ends where dense does.</summary>
    public static string After(EmbeddingUpdate update) => update == EmbeddingUpdate.Lazy ? "after3_adam_lazy" : "after3_adam_dense";

    /// <summary>Whether a file has them; where every item of a table is predicted, it is updated as a whole.</summary>
    public static bool HasSteps(GoldenFile file, EmbeddingUpdate update) =>
        file.Has("expected", $"{After(update)}.losses") && (update == EmbeddingUpdate.Dense || file.Kind != GoldenSequences.Kind);

    /// <summary>Logits in evaluation and in training, loss, gradients of every parameter, of the first batch.</summary>
    public void CheckGradients(Device device)
    {
        using TrainableModel model = Build(device, EmbeddingUpdate.Dense);
        using Batch batch = Slot(model, Batches[0]);
        float[] output = new float[model.Recorded.Model.Output.Length];
        model.Predict(batch, output);
        Close.Assert(File.Has("expected", "eval_logit") ? File.Expected("eval_logit") : ExpectedLogit(), Logits(model, output), "evaluation logit");
        model.Recorded.ForwardBackward(new Pass(batch.Rows, Training: true, batch.Tokens));
        Close.Assert(ExpectedLogit(), Logits(model, model.Recorded.Model.Output.ToArray(device)), "logit");
        (double clicks, double? auxiliary) = (model.TakeLoss(), model.TakeAuxiliaryLoss());
        Close.Assert(File.Expected("loss"), [Total(clicks, auxiliary)], "loss");
        if (auxiliary is { } other)
            Close.Assert([.. File.Expected("loss_ctr"), .. File.Expected("loss_auxiliary")], [(float)clicks, (float)other], "losses of clicks and auxiliary");
        foreach (string name in File.Names("parameters").Where(n => File.Has("expected", $"grad.{n}")))
            Compare(model, name, File.Expected($"grad.{name}"), t => t.Gradient!, $"grad.{name}");
    }

    /// <summary>Losses and parameters of three steps of Adam, a batch each.</summary>
    public void CheckThreeSteps(Device device, EmbeddingUpdate update)
    {
        using TrainableModel model = Build(device, update);
        Assert.Equal((0.9, 0.999, 1e-8), (File.Config("beta1"), File.Config("beta2"), File.Config("eps")));
        List<float> losses = [];
        foreach (string batch in Batches)
        {
            using Batch slot = Slot(model, batch);
            model.TrainStep(slot, File.Config("lr"));
            losses.Add(Total(model.TakeLoss(), model.TakeAuxiliaryLoss()));
        }
        model.ApplyDeferred();
        Close.Assert(File.Expected($"{After(update)}.losses"), losses.ToArray(), "losses");
        foreach (string name in File.Names("parameters").Where(n => !IsNoise(n)))
            Compare(model, name, File.Expected($"{After(update)}.{name}"), t => t, name, absolute: 2e-5, steps: true);
    }

    /// <summary>What training minimizes.</summary>
    private float Total(double clicks, double? auxiliary) => (float)(clicks + Options.AuxiliaryLoss * (auxiliary ?? 0));

    private void Compare(TrainableModel model, string name, double[] expected, Func<Tensor, Tensor> read, string what, double absolute = 1e-5, bool steps = false)
    {
        if (Place(name) is not { } place)
            return;
        float[] all = read(Find(model, place)).ToArray(model.Device);
        int[] shared = [.. Enumerable.Range(0, expected.Length).Where(i => place.Element(i) >= 0)];
        // Adam's first steps move by lr · sign(g): where g is rounding noise, so is the sign.
        if (steps && File.Has("expected", $"grad.{name}"))
            shared = [.. shared.Where(i => Math.Abs(File.Expected($"grad.{name}")[i]) is 0 or >= 1e-6)];
        Close.Assert(shared.Select(i => expected[i]).ToArray(), shared.Select(i => all[place.Element(i)]).ToArray(), what, absolute);
    }

    private TrainableModel Build(Device device, EmbeddingUpdate update)
    {
        ModelOptions options = Options with { EmbeddingUpdate = update };
        int rows = Batches.Max(RowsOf);
        TrainableModel model = new(device, Spec, options, rows);
        foreach (string name in File.Names("parameters"))
        {
            if (Place(name) is not { } place)
                continue;
            Tensor tensor = Find(model, place);
            float[] all = tensor.ToArray(device);
            foreach ((int i, double value) in Value(name).Index())
                if (place.Element(i) is >= 0 and long element)
                    all[element] = (float)value;
            tensor.Write(device, all);
        }
        return model;
    }

    private Batch Slot(TrainableModel model, string prefix)
    {
        Batch batch = new(model.Device, model.Spec, model.BatchSize) { Rows = RowsOf(prefix) };
        Fill(batch, prefix);
        if (File.Has("inputs", $"{prefix}label") && File.Shape("inputs", $"{prefix}label").Length == 1)
            File.Input($"{prefix}label").ToFloats().CopyTo(batch.Labels);
        batch.Prepare();
        return batch;
    }

    /// <summary>A file has batches b0, b1 and b2, or a single one without a name.</summary>
    private string[] Batches => File.Has("inputs", "label") ? [""] : ["b0.", "b1.", "b2."];

    private static Tensor Find(TrainableModel model, GoldenPlace place) =>
        model.Weights.SingleOrDefault(t => t.Name == place.Tensor)
        ?? throw new KeyNotFoundException($"the model has no tensor '{place.Tensor}', but {string.Join(", ", model.Weights.Select(t => t.Name))}");
}

using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>A variant, or a model as it is here, on a device with its reference, both with the same random weights; the preset's layers, each a few units wide.</summary>
internal sealed class VariantModel : IDisposable
{
    private const int Capacity = VariantData.B + 2;

    /// <summary>Stands in the place of a variant's name where a model is as it is here.</summary>
    public const string Own = "own";

    private static readonly int[] Widths = [7, 5, 4];

    public VariantModel(Device device, string name)
    {
        (string model, string variant) = (name.Split(' ')[1], name.Split(' ')[0]);
        ModelOptions preset = GpuCtr.Models.Variants.Of(model, variant == Own ? null : variant).Model;
        Model = new TrainableModel(device, VariantData.Spec(histories: model == "din"), preset with
        {
            EmbeddingDim = 3,
            HiddenUnits = Widths[..preset.HiddenUnits.Count],
            AttentionUnits = [.. Widths[..preset.AttentionUnits.Count].Select(w => w + 1)],
            EmbeddingUpdate = EmbeddingUpdate.Dense,
        }, Capacity);
        Batch = VariantData.Batch(device, Model.Spec, Capacity);
        Reference = References[name]();
        foreach (Tensor t in Model.Weights)
            Fill(t);
    }

    public static Dictionary<string, Func<Reference>> References { get; } = new()
    {
        ["fuxictr deepfm"] = () => new FuxiCtrDeepFm(),
        ["deepctr deepfm"] = () => new DeepCtrDeepFm(),
        ["rechub deepfm"] = () => new RecHubDeepFm(),
        ["fuxictr din"] = () => new FuxiCtrDin(),
        ["deepctr din"] = () => new DeepCtrDin(),
        ["rechub din"] = () => new RecHubDin(),
        ["din-official din"] = () => new DinOfficial(),
        ["dien-official din"] = () => new DienOfficial(),
        [$"{Own} ffm"] = () => new FieldAware(),
        [$"{Own} fnn"] = () => new FactorizationSupported(),
    };

    public TrainableModel Model { get; }

    public Batch Batch { get; }

    public Reference Reference { get; }

    /// <summary>Forward and backward in training; nothing moves.</summary>
    public void ForwardBackward()
    {
        float[] logits = new float[VariantData.B];
        // Predict brings the batch to the device.
        Model.Predict(Batch, logits);
        Model.Recorded.ForwardBackward(new Pass(VariantData.B, Training: true, Batch.Tokens));
    }

    public void Dispose()
    {
        Batch.Dispose();
        Model.Dispose();
    }

    private void Fill(Tensor t)
    {
        Random random = new(t.Name.Aggregate(17, (hash, c) => hash * 31 + c));
        bool table = t.Rows == Model.Spec.TotalRows;
        float[] values = [.. Enumerable.Range(0, (int)t.Length).Select(i =>
            table && VariantData.IsPadding(i / t.Columns) ? 0 : t.Name.EndsWith("running_var", StringComparison.Ordinal) ? 0.5f + random.NextSingle() : 1.4f * random.NextSingle() - 0.7f)];
        t.Write(Model.Device, values);
        Reference.Weights.Add(t.Name, [.. values.Select(v => (double)v)]);
    }
}

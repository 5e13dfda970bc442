using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Export;

/// <summary>A model as an ONNX file (opset 17), for prediction in other runtimes.</summary>
internal static class OnnxFile
{
    private const int IrVersion = 8, Opset = 17;

    /// <summary>Tables of at least this size are stored in a second file beside the model.</summary>
    public const long ExternalBytes = 256L << 20;

    /// <summary>Suffix of the second file, appended to the name of the model's file.</summary>
    public const string DataSuffix = ".data";

    /// <summary>Writes PATH, and PATH.data if tables are large.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model with its weights.</param>
    /// <param name="encoder">Its columns; null: it has no vectors.</param>
    /// <param name="features">By metadata name: features.json, which maps raw values to the inputs, and that of the model that computes vectors of rows.</param>
    /// <param name="externalBytes">A tensor of at least this size goes to the second file.</param>
    /// <returns>Renamed inputs and outputs; stored as metadata too.</returns>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static RenamedParts Write(string path, FrozenModel model, FeatureEncoder? encoder, IEnumerable<KeyValuePair<string, string>> features, long externalBytes = ExternalBytes)
    {
        OnnxNames names = new();
        using OnnxWeights weights = new(names, path + DataSuffix, externalBytes);
        OnnxGraph graph = new(names, weights, model.Device);
        new OnnxInputs(graph, model.Spec, encoder?.State.VectorColumns ?? [], encoder?.RowVectors as TrainedVectors).Declare(model);
        foreach (IOp op in model.Ops)
            op.Export(graph);
        if (model.ItemOutput is { } items)
            DeclareScores(graph, items);
        else
            DeclareOutputs(graph, model.Logit, model.Options.LogitShift());
        ProtoMessage body = graph.ToMessage();
        weights.Commit();
        ProtoMessage file = new ProtoMessage()
            .Integer(1, IrVersion).Text(2, "gpu-ctr").Text(3, Release.Version)
            .Message(7, body)
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, Opset))
            .Message(14, Metadata("model", model.Options.Model));
        foreach ((string key, string json) in features)
            file.Message(14, Metadata(key, json));
        if (model.Spec.Items is { } ids)
            file.Message(14, Metadata("items", JsonText.Line(ids)));
        if (names.Renamed.Any)
            file.Message(14, Metadata("renamed", JsonText.Line(names.Renamed)));
        using FileStream stream = File.Create(path);
        stream.Write(file.AsSpan());
        Disk.Flush(stream);
        return names.Renamed;
    }

    /// <summary>logit (B), corrected for negatives that were left out in training, and score (B), the probability.</summary>
    private static void DeclareOutputs(OnnxGraph g, Tensor logits, float shift)
    {
        string trained = shift == 0 ? g[logits] : g.Node("Add", g[logits], g.Number(shift));
        string logit = g.Named("logit", "Squeeze", trained, g.Integers(1)), score = g.Named("score", "Sigmoid", logit);
        g.Output(score, OnnxType.Float, "B");
        g.Output(logit, OnnxType.Float, "B");
    }

    /// <summary>scores (B, V) of all items as the next one of each sequence, ⟨h, e_v⟩ + b_v: the logits of a softmax.</summary>
    private static void DeclareScores(OnnxGraph g, ItemOutput items)
    {
        string rows = g.Node("Slice", g.Weight(items.Table), g.Integers(items.Rows.First), g.Integers(items.Rows.First + items.Rows.Count), g.Integers(0)), e = g.Transpose(rows, 1, 0);
        g.Output(items.Bias is { } b ? g.Named("scores", "Add", g.Node("MatMul", g[items.H], e), g.Weight(b)) : g.Named("scores", "MatMul", g[items.H], e), OnnxType.Float, "B", items.Rows.Count);
    }

    private static ProtoMessage Metadata(string key, string value) => new ProtoMessage().Text(1, key).Text(2, value);
}

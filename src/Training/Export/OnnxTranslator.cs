using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;

namespace GpuCtr.Training.Export;

/// <summary>From the recorded ops of a model to ONNX operators, op by op, as they compute in evaluation.</summary>
/// <remarks>A tensor with one row for each row of the batch is (B, H); one with a row for each history position is (B, T, H), padded.</remarks>
internal sealed partial class OnnxTranslator
{
    private readonly FrozenModel model;
    private readonly OnnxGraph g;
    private readonly OnnxWeights weights;
    private readonly OnnxInputs inputs;
    private readonly Dictionary<Tensor, string> values = [];
    private readonly Dictionary<Tensor, List<string>> parts = [];

    public OnnxTranslator(FrozenModel model, OnnxGraph g, OnnxWeights weights)
    {
        (this.model, this.g, this.weights) = (model, g, weights);
        inputs = new OnnxInputs(g, model.Spec);
        if (inputs.Numeric is not null)
            values[model.Inputs.Numeric] = inputs.Numeric;
    }

    /// <summary>Translates the whole model; its outputs are logit (B) and score (B), the probability.</summary>
    /// <exception cref="GpuCtrException">Usage: the model has an op that is not known here.</exception>
    public void Translate()
    {
        foreach (IOp op in model.Ops)
            Translate(op);
        string logit = g.Named("logit", "Squeeze", Value(model.Logit), g.Integers(1));
        string score = g.Named("score", "Sigmoid", logit);
        g.Output(score, OnnxType.Float, "B");
        g.Output(logit, OnnxType.Float, "B");
    }

    private void Translate(IOp op)
    {
        switch (op)
        {
            case EmbeddingFm e: Translate(e.Tensors); break;
            case FieldBias b: Translate(b); break;
            case SequencePooling p: Translate(p); break;
            case ActivationUnitFirstLayer i: Translate(i); break;
            case AttentionPooling p: Translate(p); break;
            case TargetProduct p: values[p.Output] = g.Node("Mul", Value(p.Input), Query(p.History)); break;
            case SequenceEmbedding s: Translate(s); break;
            case TargetGather t: Translate(t); break;
            case MultiHeadAttention a: Translate(a); break;
            case Cross c: Translate(c); break;
            case BiInteraction i: values[i.Output] = Pairs(Vectors(i.Input, i.Output.Columns)); break;
            case InnerProducts p: Translate(p); break;
            case FieldAwarePairs p: Translate(p); break;
            case Linear l: Translate(l); break;
            case BatchNorm n: Translate(n); break;
            case Dice d: Translate(d); break;
            case DiceLinear d: Translate(d); break;
            case DiceGate d: Translate(d); break;
            case FeatureNorm n: Translate(n); break;
            case LayerNorm n: Translate(n); break;
            case Activation a: Translate(a); break;
            case Dropout d: values[d.Output] = Value(d.Input); break;
            case Concat c: values[c.Output] = g.Node("Concat", [("axis", -1)], Present(c.Inputs.A, c.Inputs.B)); break;
            case Add a: values[a.Output] = g.Node("Sum", [.. a.Inputs.Select(Value)]); break;
            default: throw GpuCtrException.UsageError($"--format onnx: '{op.Name}' of model {model.Options.Model} has no translation; use --format safetensors");
        }
    }

    private string Value(Tensor tensor)
    {
        if (!values.TryGetValue(tensor, out string? value))
            values[tensor] = value = parts[tensor] is [string only] ? only : g.Node("Concat", [("axis", 1)], [.. parts[tensor]]);
        return value;
    }

    private string[] Present(params Tensor[] tensors) => [.. tensors.Where(t => t.Columns > 0).Select(Value)];

    private string Weight(Tensor tensor) => weights.Add(tensor);

    private float[] Read(Tensor tensor) => tensor.ToArray(model.Device);

    private string Rectified(string x, bool relu) => relu ? g.Node("Relu", x) : x;

    private string SumOver(int axis, string x) => g.Node("ReduceSum", [("keepdims", 0)], x, g.Integers(axis));
}

using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// FinalMLP (Mao et al., AAAI 2023): logit = b + ⟨w₁, o₁⟩ + ⟨w₂, o₂⟩ + Σ_h o₁ₕᵀ W_h o₂ₕ over the last hidden layers o₁ and o₂ of two streams,
/// o_s = MLP_s(2 σ(MLP'_s(c_s)) ∘ [v_1 … v_C]), c_s the vectors of some fields, or a learned vector.
/// </summary>
/// <remarks>The fields of a gate share their vectors with the streams; the authors' code has separate tables for them.</remarks>
public static class FinalMlp
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("finalmlp", Logit) { OneWidth = null };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        ModelOptions options = g.Options;
        Tensor v = g.FieldVectors(options.EmbeddingDim);
        // Both before the streams, which read the vectors of all fields.
        Tensor c1 = Context(g, "context1", v, options.FirstGate), c2 = Context(g, "context2", v, options.SecondGate);
        Tensor o1 = Stream(g, "1", v, c1, options.HiddenUnits);
        Tensor o2 = Stream(g, "2", v, c2, options.SecondHiddenUnits is [] ? options.HiddenUnits : options.SecondHiddenUnits);
        return g.Add(g.Linear("fusion.linear1", o1, 1), g.Linear("fusion.linear2", o2, 1, bias: false), g.Bilinear("fusion", o1, o2, options.FusionHeads));
    }

    private static Tensor Context(ModelBuilder g, string name, Tensor v, IReadOnlyList<string> columns) =>
        columns is [] ? g.LearnedVector(name, g.Options.EmbeddingDim) : g.VectorsOf(name, v, columns);

    private static Tensor Stream(ModelBuilder g, string stream, Tensor v, Tensor context, IReadOnlyList<int> units)
    {
        Tensor gate = context;
        for (int i = 0; i < g.Options.GateUnits.Count; i++)
            gate = g.Linear($"gate{stream}.{i}", gate, g.Options.GateUnits[i], relu: true);
        gate = g.Linear($"gate{stream}.out", gate, v.Columns);
        return g.HiddenLayers($"mlp{stream}", g.MlpInput(g.FeatureGate($"gated{stream}", v, gate)), units);
    }
}

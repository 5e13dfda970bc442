using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Deep Interest Network (Zhou et al., KDD 2018): logit = MLP(v_1 … v_C, Σ_t a(k_t, q) k_t), a(k, q) = softmax_t(MLP([q, k, q − k, q ∘ k])); one activation unit for each behaviour group.</summary>
/// <remarks>The softmax is an option of ours, on by default (docs/adr/0005); the paper has none. Presets of other implementations add a bias for the target.</remarks>
public static class Din
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("din", Logit)
    {
        OneWidth = null,
        ReadsHistories = true,
        NeedsHistory = true,
        Defaults = new() { HiddenUnits = [200, 80], Activation = Activations.Dice, EmbeddingInitStd = 0.01 },
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor fields = g.FieldVectors(g.Options.EmbeddingDim);
        // Backward runs in reverse: the tower must write these gradients before attention adds to those of its targets.
        Tensor[] interests = [.. g.Histories().SelectMany((history, i) => g.Interests(fields, history, i == 0 ? "att" : $"att{i}"))];
        Tensor logit = g.Mlp("tower", g.Concat([g.MlpInput(fields), .. interests]), outputBias: true);
        return g.Options.TargetBias ? g.Add(logit, g.TargetBias()) : logit;
    }
}

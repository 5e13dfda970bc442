using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// PRM, the personalized re-ranking model (Pei et al., RecSys 2019): the score of an item in a list depends on the others.
/// v_i = W_E ([x_i; pv_i] + pe_i) + b_E,  S = LN(V + Dropout(MH(V))),  F = LN(S + Dropout(ReLU(S W₁ + b₁) W₂ + b₂)) in N blocks over the items of a list;
/// P(y_i | X, PV) = softmax_i(F_i w_F + b_F).
/// </summary>
/// <remarks>
/// x_i are all columns of a row, pv_i among them: a vector column, or the last hidden layer of another model. The loss is the mean over lists; the paper has the sum.
/// Lists have their own lengths and are never padded. As in the paper all items are queries of the last block, since all of them are scored.
/// </remarks>
public static class Prm
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("prm", Logit)
    {
        OneWidth = null,
        RanksLists = true,
        // Attention distinguishes items by their embeddings: from vectors near zero, it starts learning slowly.
        Defaults = new() { EmbeddingInitStd = 0.3, NumericInput = NumericInputs.Values },
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor x = g.MlpInput(g.FieldVectors(g.Options.EmbeddingDim));
        Tensor v = g.Linear("embed", g.ListPositions("position", x), g.Options.AttentionWidth);
        for (int l = 0; l < g.Options.TransformerBlocks; l++)
            v = Block(g, $"block.{l}", v);
        Tensor score = g.Linear("out", v, 1);
        return g.Options.ListLoss == ListLoss.Softmax ? g.ListSoftmaxLoss(score) : score;
    }

    private static Tensor Block(ModelBuilder g, string name, Tensor v)
    {
        Tensor s = g.LayerNorm($"{name}.norm1", g.Add(v, g.Dropout($"{name}.dropout1", g.ListAttention($"{name}.attention", v))));
        int hidden = g.Options.FeedForward > 0 ? g.Options.FeedForward : 4 * s.Columns;
        Tensor f = g.Linear($"{name}.ffn2", g.Linear($"{name}.ffn1", s, hidden, relu: true), s.Columns);
        return g.LayerNorm($"{name}.norm2", g.Add(s, g.Dropout($"{name}.dropout2", f)));
    }
}

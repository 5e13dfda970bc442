using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using static GpuCtr.Models.ModelBuilder;

namespace GpuCtr.Models;

/// <summary>
/// SASRec (Kang and McAuley, ICDM 2018): every entry of a sequence predicts the next item from those up to it.
/// Ê_t = M_t + P_t,  S = SA(Ê) = softmax(Ê W^Q (Ê W^K)ᵀ / √d) Ê W^V with a causal mask,  F = ReLU(S W₁ + b₁) W₂ + b₂, both as x + Dropout(f(LN(x)));
/// r_{i,t} = ⟨F_t, M_i⟩.
/// </summary>
/// <remarks>Unlike in the paper, the loss is the softmax over all items instead of binary cross entropy with one negative, and there may be several heads. Only entries at which an item is predicted are queries of the last block.</remarks>
public static class SasRec
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("sasrec", States)
    {
        OneWidth = "reads one column",
        Predicts = Predictions.NextItems,
        ReadsHistories = true,
        // Every item has a gradient in every step. Much dropout, as in the paper for data with few interactions an item.
        Defaults = new() { EmbeddingDim = 64, EmbeddingInitStd = 0.02, TransformerBlocks = 2, AttentionHeads = 2, Dropout = 0.5, EmbeddingUpdate = EmbeddingUpdate.Dense },
    };

    /// <summary>Records the model; returns the states (M, D) of the entries that predict.</summary>
    public static Tensor States(ModelBuilder g)
    {
        Sequence s = g.ItemSequences();
        s = s with { Items = g.Dropout("embedding.dropout", s.Items) };
        int last = g.Options.TransformerBlocks - 1;
        for (int b = 0; b < last; b++)
            s = s with { Items = Block(g, $"block.{b}", s, predicting: false) };
        return g.ItemSoftmaxLoss(g.LayerNorm("norm", Block(g, $"block.{last}", s, predicting: true)), bias: false);
    }

    private static Tensor Block(ModelBuilder g, string name, Sequence s, bool predicting)
    {
        Tensor x = predicting ? g.EntriesToPredict(name, s) : s.Items;
        Sequence keys = s with { Items = g.LayerNorm($"{name}.norm1", s.Items) };
        Tensor query = predicting ? g.EntriesToPredict($"{name}.norm1", keys) : keys.Items;
        x = g.Add(x, g.Dropout($"{name}.dropout1", g.MultiHeadAttention($"{name}.attention", query, keys, causal: true, projects: false)));
        Tensor hidden = g.Linear($"{name}.ffn1", g.LayerNorm($"{name}.norm2", x), x.Columns, relu: true);
        return g.Add(x, g.Dropout($"{name}.dropout2", g.Linear($"{name}.ffn2", hidden, x.Columns)));
    }
}

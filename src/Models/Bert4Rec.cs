using GpuCtr.Kernels.Tensors;
using static GpuCtr.Models.ModelBuilder;

namespace GpuCtr.Models;

/// <summary>
/// BERT4Rec (Sun et al., CIKM 2019): some items of a sequence are masked and predicted from the items on both sides.
/// h⁰_t = e_t + p_t,  A = LN(H + Dropout(MH(H))),  H' = LN(A + Dropout(FFN(A))),  FFN(x) = GELU(x W₁ + b₁) W₂ + b₂;
/// P(v) = softmax(GELU(h_t W^P + b^P) Eᵀ + b^O) at the masked entries t.
/// </summary>
/// <remarks>Only masked entries are queries of the last block: nothing reads the others. The loss is the mean over the masked entries of a batch, as in the official code; the paper averages within each sequence first.</remarks>
public static class Bert4Rec
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("bert4rec", States)
    {
        OneWidth = "reads one column",
        Predicts = Predictions.MaskedItems,
        ReadsHistories = true,
        // Layers are initialized as in the official code; two narrow blocks, as data with thousands of users need.
        Defaults = SasRec.Entry.Defaults,
    };

    /// <summary>Records the model; returns the states (M, D) of the masked entries.</summary>
    public static Tensor States(ModelBuilder g)
    {
        ModelOptions form = g.Options;
        Sequence s = g.ItemSequences();
        Tensor x = form.EmbeddingNorm ? g.LayerNorm("embedding.norm", s.Items) : s.Items;
        s = s with { Items = g.Dropout("embedding.dropout", x) };
        int last = form.TransformerBlocks - 1;
        for (int l = 0; l < last; l++)
            s = s with { Items = Block(g, $"block.{l}", s, masked: false) };
        Tensor h = Block(g, $"block.{last}", s, masked: true);
        if (form.BlockNorm == BlockNorm.Pre)
            h = g.LayerNorm("norm", h);
        if (form.ItemHead != ItemHeads.Tied)
            h = g.Activate("head", g.Linear("head", h, h.Columns), Activations.Gelu);
        if (form.ItemHead == ItemHeads.ProjectionNorm)
            h = g.LayerNorm("head.norm", h);
        return g.ItemSoftmaxLoss(h, bias: true);
    }

    private static Tensor Block(ModelBuilder g, string name, Sequence s, bool masked)
    {
        bool preNorm = g.Options.BlockNorm == BlockNorm.Pre;
        // A query is also one of the items, so its entry has two readers.
        Tensor x = masked ? g.EntriesToPredict(name, s) : s.Items;
        Sequence keys = preNorm ? s with { Items = g.LayerNorm($"{name}.norm1", s.Items) } : s;
        Tensor query = !preNorm ? x : masked ? g.EntriesToPredict($"{name}.norm1", keys) : keys.Items;
        x = g.Add(x, g.Dropout($"{name}.dropout1", g.MultiHeadAttention($"{name}.attention", query, keys, bias: true)));
        if (!preNorm)
            x = g.LayerNorm($"{name}.norm1", x);
        int width = g.Options.FeedForward > 0 ? g.Options.FeedForward : 4 * x.Columns;
        Tensor hidden = g.Activate($"{name}.ffn1", g.Linear($"{name}.ffn1", preNorm ? g.LayerNorm($"{name}.norm2", x) : x, width), Activations.Gelu);
        x = g.Add(x, g.Dropout($"{name}.dropout2", g.Linear($"{name}.ffn2", hidden, x.Columns)));
        return preNorm ? x : g.LayerNorm($"{name}.norm2", x);
    }
}

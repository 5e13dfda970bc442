using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;
using static GpuCtr.Models.ModelBuilder;

namespace GpuCtr.Models;

/// <summary>
/// BERT4Rec (Sun et al., CIKM 2019): some items of a sequence are masked, and every item is told from those on both of its sides.
/// h⁰_t = e_t + p_t,  A = LN(H + Dropout(MH(H))),  H' = LN(A + Dropout(FFN(A))),  FFN(x) = GELU(x W₁ + b₁) W₂ + b₂;
/// P(v) = softmax(GELU(h_t W^P + b^P) Eᵀ + b^O) at the masked entries t.
/// </summary>
/// <remarks>Only masked entries ask in the last block, as nothing reads the others. The loss is the mean over the masked entries of a batch, as in the official code; the paper averages within each sequence first.</remarks>
internal static class Bert4Rec
{
    /// <summary>What the masked entries' states go through before they are compared with the items.</summary>
    public enum Heads
    {
        /// <summary>Nothing.</summary>
        Tied,

        /// <summary>GELU(h W^P + b^P), the paper.</summary>
        Projection,

        /// <summary>LN(GELU(h W^P + b^P)), the official code.</summary>
        ProjectionNorm,
    }

    /// <summary>The forms in which the model is found.</summary>
    /// <param name="Items">The rows of the table that can be predicted: neither padding nor [MASK], other than in the official code.</param>
    /// <param name="FeedForward">Width of the hidden layer of FFN; 0 = 4 D, the paper's.</param>
    /// <param name="Head">What the states go through.</param>
    /// <param name="PreNorm">x + MH(LN(x)) in place of LN(x + MH(x)), and one more LN behind the last block.</param>
    /// <param name="EmbeddingNorm">LN of h⁰, as in the official code.</param>
    public sealed record Form(SoftmaxCrossEntropy.OutputRows Items, int FeedForward = 0, Heads Head = Heads.Projection, bool PreNorm = false, bool EmbeddingNorm = false);

    /// <summary>Records the model; returns the states (M, D) of the masked entries.</summary>
    public static Tensor States(ModelBuilder g, Form form)
    {
        Sequence s = g.ItemSequences();
        Tensor x = form.EmbeddingNorm ? g.LayerNorm("embedding.norm", s.Items) : s.Items;
        s = s with { Items = g.Dropout("embedding.dropout", x) };
        int last = g.Options.TransformerBlocks - 1;
        for (int l = 0; l < last; l++)
            s = s with { Items = Block(g, form, $"block.{l}", s, masked: false) };
        Tensor h = Block(g, form, $"block.{last}", s, masked: true);
        if (form.PreNorm)
            h = g.LayerNorm("norm", h);
        if (form.Head != Heads.Tied)
            h = g.Activate("head", g.Linear("head", h, h.Columns), Activations.Gelu);
        if (form.Head == Heads.ProjectionNorm)
            h = g.LayerNorm("head.norm", h);
        return g.PredictItems(h, form.Items, bias: true);
    }

    private static Tensor Block(ModelBuilder g, Form form, string name, Sequence s, bool masked)
    {
        // An entry that asks reads itself twice: as it is, and as its query.
        Tensor x = masked ? g.Predicted(name, s) : s.Items;
        Sequence keys = form.PreNorm ? s with { Items = g.LayerNorm($"{name}.norm1", s.Items) } : s;
        Tensor query = !form.PreNorm ? x : masked ? g.Predicted($"{name}.norm1", keys) : keys.Items;
        x = g.Add(x, g.Dropout($"{name}.dropout1", g.MultiHeadAttention($"{name}.attention", query, keys, bias: true)));
        if (!form.PreNorm)
            x = g.LayerNorm($"{name}.norm1", x);
        int width = form.FeedForward > 0 ? form.FeedForward : 4 * x.Columns;
        Tensor hidden = g.Activate($"{name}.ffn1", g.Linear($"{name}.ffn1", form.PreNorm ? g.LayerNorm($"{name}.norm2", x) : x, width), Activations.Gelu);
        x = g.Add(x, g.Dropout($"{name}.dropout2", g.Linear($"{name}.ffn2", hidden, x.Columns)));
        return form.PreNorm ? x : g.LayerNorm($"{name}.norm2", x);
    }
}

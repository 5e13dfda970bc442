using GpuCtr.Kernels.Tensors;
using static GpuCtr.Models.ModelBuilder;

namespace GpuCtr.Models;

/// <summary>
/// Behavior Sequence Transformer (Chen et al., DLP-KDD 2019): logit = MLP(v_1 … v_C, F_target), F the last of the blocks over the sequence S of history and target,
/// S' = LayerNorm(S + Dropout(MH(S))),  F = LayerNorm(S' + Dropout(LeakyReLU(S' W₁ + b₁) W₂ + b₂)); one sequence for each behaviour group.
/// </summary>
/// <remarks>
/// Unlike in the paper, positions are distances in the list, not times, and their embeddings are added to the items, so that the width stays E. The paper does not specify the sizes of W₁ and W₂; they are E × E, as in FuxiCTR.
/// The MLP reads only the target's output of the last block. In that block only the target is a query: everything after its attention has B rows.
/// </remarks>
public static class Bst
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("bst", Logit)
    {
        OneWidth = null,
        ReadsHistories = true,
        NeedsHistory = true,
        // The layers of DIN, with the leaky rectifier of the paper; its widths of 1024-512-256 are for its 47 million rows.
        Defaults = new() { HiddenUnits = [200, 80], Activation = Activations.LeakyRelu, EmbeddingInitStd = 0.01 },
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor fields = g.FieldVectors(g.Options.EmbeddingDim);
        // Recorded before the MLP's input: the sequence adds to the gradients of its targets, which the MLP's backward writes first.
        Tensor[] targets = [.. g.Histories().Select((history, i) => Transformer(g, i == 0 ? "bst" : $"bst{i}", fields, history))];
        return g.Mlp("mlp", g.Concat([g.MlpInput(fields), .. targets]), outputBias: true);
    }

    private static Tensor Transformer(ModelBuilder g, string name, Tensor fields, HistoryColumns history)
    {
        Sequence s = g.SequenceEmbedding(name, fields, history);
        int last = g.Options.TransformerBlocks - 1;
        for (int l = 0; l < last; l++)
            s = s with { Items = Block(g, $"{name}.{l}", s.Items, s) };
        return Block(g, $"{name}.{last}", g.Target(name, s), s);
    }

    private static Tensor Block(ModelBuilder g, string name, Tensor queries, Sequence s)
    {
        Tensor attended = g.LayerNorm($"{name}.norm1", g.Add(queries, g.Dropout($"{name}.dropout1", g.MultiHeadAttention($"{name}.attention", queries, s))));
        Tensor hidden = g.Activate($"{name}.ffn1", g.Linear($"{name}.ffn1", attended, attended.Columns), Activations.LeakyRelu);
        return g.LayerNorm($"{name}.norm2", g.Add(attended, g.Dropout($"{name}.dropout2", g.Linear($"{name}.ffn2", hidden, attended.Columns))));
    }
}

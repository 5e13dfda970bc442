using System.Text.Json.Serialization;

namespace GpuCtr.Models;

/// <content>Options of attention among items, fields and lists: BST, SASRec, BERT4Rec, AutoInt, PRM.</content>
public sealed partial record ModelOptions
{
    /// <summary>Blocks of self-attention (BST, SASRec, BERT4Rec, PRM).</summary>
    [Option("blocks of self-attention ({readers})", ReadBy = "bst|sasrec|bert4rec|prm", Default = "{models}", Least = 1, Most = MostLayers)]
    public int TransformerBlocks { get; init; } = 1;

    /// <summary>S: items drawn for each batch, with which and with its own items the right ones are contrasted in place of all items; 0 = all (SASRec, BERT4Rec).</summary>
    [Option("softmax over the correct items of the batch and S sampled items instead of all items ({readers}); 0 = all items", ReadBy = "sasrec|bert4rec", Value = "S", Least = 0, Most = 1 << 24)]
    public int SampledSoftmax { get; init; }

    /// <summary>Share of the entries of a sequence that are masked (BERT4Rec, section 3.6: ρ).</summary>
    [Option("share of the entries of a sequence that are masked ({readers})", ReadBy = "bert4rec", Value = "ρ", Above = 0, Most = 1, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double MaskShare { get; init; } = 0.2;

    /// <summary>Share of the rows in which only the last entry is masked, as when the next item is predicted (BERT4Rec).</summary>
    [Option("share of the rows in which only the last entry is masked ({readers})", ReadBy = "bert4rec", Least = 0, Most = 1, OnResume = OnResume.Accepted, OnWarmStart = OnWarmStart.Free)]
    public double LastMaskShare { get; init; } = 0.1;

    /// <summary>Position of layer normalization in a block (BERT4Rec); in SASRec it always comes first.</summary>
    [Option("position of layer normalization in a block ({readers}): after the residual sum, or before attention and feed-forward", ReadBy = "bert4rec")]
    [JsonPropertyName("pre_norm"), JsonConverter(typeof(BoolJsonConverter<BlockNorm>))]
    public BlockNorm BlockNorm { get; init; }

    /// <summary>What states go through before they are compared with the items (BERT4Rec).</summary>
    [Option("layers between a state and the items ({readers}): none, GELU(W h + b) as in the paper, or this followed by layer normalization", ReadBy = "bert4rec")]
    public ItemHeads ItemHead { get; init; } = ItemHeads.Projection;

    /// <summary>Width of the hidden layer of the blocks' feed-forward network; 0 = four times the width of an item, as in the paper of BERT4Rec (BERT4Rec, PRM).</summary>
    [Option("width of the hidden layer in a block ({readers}); 0 = four times the width of an item", ReadBy = "bert4rec|prm", Least = 0, Most = MostUnits)]
    public int FeedForward { get; init; }

    /// <summary>Layer normalization of the embedded sequence, as in the official code (BERT4Rec).</summary>
    [Option("layer normalization of the embedded sequence", PresetOnly = true)]
    public bool EmbeddingNorm { get; init; }

    /// <summary>Layers of attention between the fields (AutoInt).</summary>
    [Option("layers of attention between the fields ({readers})", ReadBy = "autoint", Least = 1, Most = MostLayers)]
    public int AttentionLayers { get; init; } = 3;

    /// <summary>Width of their output for a field, all heads together (AutoInt), or for an item of a list (PRM).</summary>
    [Option("width of the attention output of a field or an item, all heads together ({readers})", ReadBy = "autoint|prm", Least = 1, Most = MostUnits)]
    public int AttentionWidth { get; init; } = 64;

    /// <summary>Attention heads (BST, SASRec, BERT4Rec, AutoInt, PRM), a divisor of the width; 0 = the largest of 8, 4, 2 and 1 that divides it.</summary>
    [Option("attention heads ({readers}); 0 = the largest of 8, 4, 2 and 1 that divides the width of an item", ReadBy = "bst|sasrec|bert4rec|autoint|prm", Default = "{models}", Least = 0, Most = MostUnits)]
    public int AttentionHeads { get; init; }

    /// <summary>Columns of an attention head (PRM); 0 = the width divided by the number of heads. The paper's W^Q, W^K and W^V are as wide as an item for each head.</summary>
    [Option("columns of an attention head ({readers}); 0 = the width divided by the number of heads", ReadBy = "prm", Least = 0, Most = MostUnits)]
    public int HeadWidth { get; init; }

    /// <summary>P: positions of a list that have their own vector (PRM); later ones share the last.</summary>
    [Option("positions of a list that have their own vector; later ones share the last vector ({readers})", ReadBy = "prm", Least = 1, Most = MostUnits)]
    public int ListPlaces { get; init; } = 50;

    /// <summary>The loss on the scores of a list (PRM): a softmax over its items, as in the paper, or each item separately.</summary>
    [Option("cross entropy of a softmax over the items of a list, or of each item separately ({readers})", Words = "softmax|pointwise", ReadBy = "prm")]
    [JsonConverter(typeof(BoolJsonConverter<ListLoss>))]
    public ListLoss ListLoss { get; init; } = ListLoss.Softmax;
}

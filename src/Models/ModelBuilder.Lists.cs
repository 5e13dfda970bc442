using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Models whose rows are the items of lists.</summary>
public sealed partial class ModelBuilder
{
    /// <summary>MH(S) of <see cref="MultiHeadAttention"/> within each list: (B, E), of all items as queries.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="items">(B, E) the items.</param>
    public Tensor ListAttention(string name, Tensor items)
    {
        int e = items.Columns, heads = Options.HeadWidth > 0 ? Math.Max(1, Options.AttentionHeads) : HeadsOf(e, "an item", "--attention-width");
        Tensor y = Heads(name, items, Lists, items, heads, Options.HeadWidth > 0 ? checked(heads * Options.HeadWidth) : e, bias: true, causal: false);
        return Linear($"{name}.out", y, e);
    }

    /// <summary>(B, E) the items of lists, each with the trained vector of its place in the list.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="items">(B, E).</param>
    public Tensor ListPositions(string name, Tensor items)
    {
        Tensor positions = Normal(name, Options.ListPlaces, items.Columns), y = Activation($"{name} in lists", items.Columns);
        Append(new PositionEmbedding(Workspace, Lists, items, positions, y));
        return y;
    }

    /// <summary>Makes the cross entropy of a softmax over each list the loss of the model; returns the logits of its probabilities, (B, 1).</summary>
    /// <param name="score">(B, 1) scores of the items.</param>
    public Tensor ListSoftmaxLoss(Tensor score)
    {
        if (Trains)
            Loss = new ListCrossEntropy(Workspace, Lists, score, Inputs.Label, Control.Loss);
        Tensor logit = Activation("logit", 1);
        Append(new ListLogits(Device, Lists, score, logit));
        return logit;
    }

    private SequenceItems Lists => lists ??= SequenceItems.OfLists(Inputs.Lists!.Offsets, Inputs.Lists.Owners);

    private SequenceItems? lists;
}

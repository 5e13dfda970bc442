using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GpuCtr.Peers;

/// <summary>BERT4Rec in its paper's form as frameworks compute it: all entries of full sequences through every block, the states at masked entries against all items, all logits stored.</summary>
internal sealed class Bert4Rec(Parameters parameters, int blocks, int heads, int items)
{
    private readonly Embedding table = parameters.Table("embedding");
    private readonly Tensor positions = parameters.Dense("positions")!;
    private readonly Func<Tensor, Tensor>[] layers = [.. Enumerable.Range(0, blocks).Select(i => Block(parameters, $"block.{i}", heads))];
    private readonly Func<Tensor, Tensor> head = parameters.Linear("head");
    private readonly Tensor bias = parameters.Dense("out.bias")!;

    /// <summary>The mean cross entropy of the items that are right.</summary>
    /// <param name="rows">(B, T).</param>
    /// <param name="entries">(M) b T + t.</param>
    /// <param name="right">(M) rows of the table; items are rows 1 to V.</param>
    public Tensor Loss(Tensor rows, Tensor entries, Tensor right)
    {
        Tensor x = table.forward(rows) + positions.narrow(0, 0, rows.shape[1]); // (B, T, D)
        x = layers.Aggregate(x, (y, layer) => layer(y));
        Tensor h = functional.gelu(head(x.flatten(0, 1).index_select(0, entries))); // (M, D)
        return functional.cross_entropy(functional.linear(h, table.weight!.narrow(0, 1, items), bias.flatten()), right - 1);
    }

    private static Func<Tensor, Tensor> Block(Parameters parameters, string name, int heads)
    {
        Func<Tensor, Tensor> query = parameters.Linear($"{name}.attention.query"), key = parameters.Linear($"{name}.attention.key"), value = parameters.Linear($"{name}.attention.value");
        Func<Tensor, Tensor> output = parameters.Linear($"{name}.attention.out"), first = parameters.Linear($"{name}.ffn1"), second = parameters.Linear($"{name}.ffn2");
        Func<Tensor, Tensor> norm1 = parameters.LayerNorm($"{name}.norm1"), norm2 = parameters.LayerNorm($"{name}.norm2");
        return x =>
        {
            Tensor Heads(Tensor y) => y.view(y.shape[0], y.shape[1], heads, -1).transpose(1, 2); // (B, h, T, D / h)
            Tensor attended = functional.scaled_dot_product_attention(Heads(query(x)), Heads(key(x)), Heads(value(x)));
            x = norm1(x + output(attended.transpose(1, 2).reshape(x.shape)));
            return norm2(x + second(functional.gelu(first(x))));
        };
    }
}

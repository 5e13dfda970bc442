using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GpuCtr.Peers;

/// <summary>DIEN in its paper's form as frameworks compute it: libtorch's own GRU over full histories, scores hᵀ W q, an AUGRU as a loop over positions, Dice in the tower; the auxiliary loss by inner products, over rows.</summary>
/// <remarks>Fields 1 and 2 are the targets of the two histories, which are followed by their negatives. One lookup serves all consumers of the table.</remarks>
internal sealed class Dien(Parameters parameters, int fields, int length)
{
    private readonly Embedding table = parameters.Table("embedding");
    private readonly GRU gru = parameters.Gru("gru");
    private readonly Func<Tensor, Tensor> query = parameters.Linear("att");
    private readonly Tensor input = parameters.Dense("evolution.weight_ih")!, hidden = parameters.Dense("evolution.weight_hh")!;
    private readonly Tensor inputBias = parameters.Dense("evolution.bias_ih")!, hiddenBias = parameters.Dense("evolution.bias_hh")!;
    private readonly Func<Tensor, Tensor>[] tower = [parameters.Linear("tower.0"), parameters.Dice("tower.0"), parameters.Linear("tower.1"), parameters.Dice("tower.1"), parameters.Linear("tower.out")];

    /// <param name="rows">(B, F + 4T).</param>
    public (Tensor Logit, Tensor Auxiliary) Forward(Tensor rows)
    {
        Tensor v = table.forward(rows); // (B, F + 4T, D)
        long b = v.shape[0];
        Tensor Pair(int first) => cat([v.narrow(1, fields + first * length, length), v.narrow(1, fields + (first + 1) * length, length)], -1);
        Tensor k = Pair(0), n = Pair(2), q = v.narrow(1, 1, 2).reshape(b, -1); // (B, T, E), (B, E)
        Tensor h = gru.forward(k).Item1; // (B, T, H)
        Tensor a = functional.softmax(bmm(h, query(q).unsqueeze(-1)), 1); // (B, T, 1)
        Tensor logit = tower.Aggregate(cat([v.narrow(1, 0, fields).reshape(b, -1), Evolved(h, a)], -1), (y, layer) => layer(y));
        Tensor states = h.narrow(1, 0, length - 1);
        Tensor Score(Tensor items) => (states * items.narrow(1, 1, length - 1)).sum(-1);
        return (logit, (functional.softplus(-Score(k)) + functional.softplus(Score(n))).sum() / b);
    }

    /// <summary>s_t = (1 − u) s_{t−1} + u s̃_t, u = a_t (1 − z): the last of them (B, H).</summary>
    private Tensor Evolved(Tensor h, Tensor a)
    {
        Tensor x = functional.linear(h, input, inputBias.flatten()); // (B, T, 3H)
        Tensor s = zeros(h.shape[0], hidden.shape[1]);
        for (int t = 0; t < length; t++)
        {
            Tensor[] i = x.select(1, t).chunk(3, -1), g = functional.linear(s, hidden, hiddenBias.flatten()).chunk(3, -1);
            Tensor r = sigmoid(i[0] + g[0]), u = a.select(1, t) * (1 - sigmoid(i[1] + g[1]));
            s = s + u * (tanh(i[2] + r * g[2]) - s);
        }
        return s;
    }
}

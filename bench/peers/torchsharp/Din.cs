using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GpuCtr.Peers;

/// <summary>DIN as frameworks compute it: keys gathered, [q, k, q − k, q ∘ k] (B, T, 4E) stored, softmax over full histories.</summary>
/// <remarks>Fields 1 and 2 are the targets of the two histories. One lookup for everything that reads the table, the cheapest form for libtorch.</remarks>
internal sealed class Din(Parameters parameters, int fields, int length)
{
    private readonly Embedding table = parameters.Table("embedding");
    private readonly Func<Tensor, Tensor>[] attention = Layers(parameters, "att"), tower = Layers(parameters, "tower");

    /// <param name="rows">(B, F + 2T).</param>
    public Tensor Logit(Tensor rows)
    {
        Tensor v = table.forward(rows); // (B, F + 2T, D)
        long b = v.shape[0], e = 2 * v.shape[2];
        Tensor k = cat([v.narrow(1, fields, length), v.narrow(1, fields + length, length)], -1); // (B, T, E)
        Tensor q = v.narrow(1, 1, 2).reshape(b, 1, e).expand(b, length, e); // (B, T, E)
        Tensor x = cat([q, k, q - k, q * k], -1).reshape(b * length, 4 * e);
        Tensor a = functional.softmax(Run(attention, x).reshape(b, 1, length), -1);
        Tensor interest = bmm(a, k).squeeze(1); // (B, E)
        return Run(tower, cat([v.narrow(1, 0, fields).reshape(b, -1), interest], -1));
    }

    private static Func<Tensor, Tensor>[] Layers(Parameters parameters, string name) =>
    [
        parameters.Linear($"{name}.0"), parameters.Dice($"{name}.0"), parameters.Linear($"{name}.1"), parameters.Dice($"{name}.1"), parameters.Linear($"{name}.out"),
    ];

    private static Tensor Run(Func<Tensor, Tensor>[] layers, Tensor x) => layers.Aggregate(x, (y, layer) => layer(y));
}

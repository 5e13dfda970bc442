using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GpuCtr.Peers;

/// <summary>logit = bias + Σ w + u x + Σ_{i&lt;j} ⟨v_i, v_j⟩ + MLP(v_1 … v_C); numeric field n is the vector x_n V_n.</summary>
internal sealed class DeepFm(Parameters parameters, int layers)
{
    private readonly Embedding table = parameters.Table("embedding"), firstOrder = parameters.Table("first_order");
    private readonly Tensor bias = parameters.Dense("bias")!;
    private readonly Tensor? numericWeights = parameters.Dense("numeric.weights"), numericVectors = parameters.Dense("numeric.vectors");
    private readonly Func<Tensor, Tensor>[] hidden = [.. Enumerable.Range(0, layers).Select(i => parameters.Linear($"mlp.{i}"))];
    private readonly Func<Tensor, Tensor> output = parameters.Linear("mlp.out");

    /// <param name="rows">(B, F).</param>
    /// <param name="numeric">(B, N), or null.</param>
    public Tensor Logit(Tensor rows, Tensor? numeric)
    {
        Tensor v = table.forward(rows); // (B, F, D)
        Tensor logit = firstOrder.forward(rows).sum(1) + bias; // (B, 1)
        if (numeric is not null)
        {
            v = cat([v, numeric.unsqueeze(-1) * numericVectors!], 1); // (B, C, D)
            logit = logit + functional.linear(numeric, numericWeights!);
        }
        Tensor s = v.sum(1); // (B, D)
        logit = logit + 0.5 * (s * s - (v * v).sum(1)).sum(1, keepdim: true);
        Tensor x = v.flatten(1); // (B, C·D)
        foreach (Func<Tensor, Tensor> layer in hidden)
            x = functional.relu(layer(x));
        return logit + output(x);
    }
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GpuCtr.Peers;

/// <summary>The parameters of a model, from a workload file.</summary>
/// <param name="file">Where they are.</param>
/// <param name="sparse">Tables have sparse gradients.</param>
internal sealed class Parameters(WorkloadFile file, bool sparse)
{
    public List<Tensor> All { get; } = [];

    /// <summary>(ΣV, D).</summary>
    public Embedding Table(string name)
    {
        Embedding table = Embedding_from_pretrained(file[name], freeze: false, sparse: sparse);
        All.Add(table.weight!);
        return table;
    }

    /// <summary>A dense parameter; null if the workload has none of that name.</summary>
    public Tensor? Dense(string name)
    {
        if (!file.Has(name))
            return null;
        Tensor t = file[name].requires_grad_(true);
        All.Add(t);
        return t;
    }

    /// <summary>x Wᵀ + b.</summary>
    public Func<Tensor, Tensor> Linear(string name)
    {
        Tensor w = Dense($"{name}.weight")!;
        Tensor? b = Dense($"{name}.bias") is { } row ? row : null;
        return x => functional.linear(x, w, b?.flatten());
    }

    /// <summary>libtorch's GRU, batch first.</summary>
    public GRU Gru(string name)
    {
        GRU gru = GRU(file[$"{name}.weight_ih"].shape[1], file[$"{name}.weight_hh"].shape[1], batchFirst: true);
        foreach ((string parameter, TorchSharp.Modules.Parameter t) in gru.named_parameters())
        {
            using (no_grad())
                t.copy_(file[$"{name}.{parameter.Replace("_l0", "")}"].reshape(t.shape));
            All.Add(t);
        }
        return gru;
    }

    /// <summary>Layer normalization of the last dimension.</summary>
    public Func<Tensor, Tensor> LayerNorm(string name)
    {
        Tensor gamma = Dense($"{name}.gamma")!, beta = Dense($"{name}.beta")!;
        return x => functional.layer_norm(x, [x.shape[^1]], gamma.flatten(), beta.flatten(), 1e-5);
    }

    /// <summary>p x + (1 − p) α x, p = sigmoid of x normalized over the rows; with running averages.</summary>
    public Func<Tensor, Tensor> Dice(string name)
    {
        Tensor alpha = Dense($"{name}.alpha")!, mean = zeros(alpha.shape[1]), variance = ones(alpha.shape[1]);
        return x =>
        {
            Tensor p = sigmoid(functional.batch_norm(x, mean, variance, training: true, momentum: 0.01, eps: 1e-8));
            return p * x + (1 - p) * alpha * x;
        };
    }
}

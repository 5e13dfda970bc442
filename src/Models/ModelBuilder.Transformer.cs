using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    // The largest of these that divides the width of an item; the paper uses the first.
    private static readonly int[] defaultHeads = [8, 4, 2, 1];

    /// <summary>(T + B, E): all positions of a history followed by its target, each with a trained position embedding.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="vectors">(B, C·D) from <see cref="FieldVectors(int)"/>.</param>
    /// <param name="columns">The columns of the history.</param>
    public Sequence SequenceEmbedding(string name, Tensor vectors, HistoryColumns columns)
    {
        BehaviourHistory history = History(vectors, columns);
        Tensor positions = Normal($"{name}.positions", history.MaxLength + 1, history.E);
        Tensor x = Workspace.Tensor($"{name} sequence", history.MaxItems, history.E, gradient: true, kind: history.ItemRows);
        Append(new SequenceEmbedding(Workspace, history, positions, x));
        return new Sequence(history, x);
    }

    /// <summary>(B, E) the target of every sequence. Record it before ops that read all items: its gradient is added to theirs.</summary>
    public Tensor Target(string name, Sequence s)
    {
        Tensor y = Activation($"{name} target", s.Items.Columns);
        Append(new ItemGather(Device, s.History, s.Items, y));
        return y;
    }

    /// <summary>MH(S) = concat(head_1 … head_H) W_H, head_i = softmax((Q W_Q)(S W_K)ᵀ / √d) S W_V; Q are <paramref name="queries"/>, whose shape it has.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="queries">(·, E) the inputs of the queries: all items, targets, or entries at which items are predicted.</param>
    /// <param name="s">Keys and values.</param>
    /// <param name="bias">Whether the projections have one.</param>
    /// <param name="causal">Items attend to themselves and those before.</param>
    /// <param name="projects">Whether there is W_H.</param>
    public Tensor MultiHeadAttention(string name, Tensor queries, Sequence s, bool bias = false, bool causal = false, bool projects = true)
    {
        int e = s.Items.Columns, d = s.History.D;
        Tensor y = Heads(name, queries, s.History.Items, s.Items, HeadsOf(e, $"an item ({e / d} columns of --embedding-dim {d})", "--embedding-dim"), e, bias, causal);
        return projects ? Linear($"{name}.out", y, e, bias: bias) : y;
    }

    /// <summary>concat(head_1 … head_H), (·, <paramref name="width"/>).</summary>
    private Tensor Heads(string name, Tensor queries, SequenceItems sequences, Tensor items, int heads, int width, bool bias, bool causal)
    {
        Tensor q = Linear($"{name}.query", queries, width, bias: bias), k = Linear($"{name}.key", items, width, bias: bias), v = Linear($"{name}.value", items, width, bias: bias);
        Tensor y = Activation($"{name}.heads", width, queries);
        Append(new MultiHeadAttention(Workspace, sequences, q, k, v, heads, y, causal));
        return y;
    }

    /// <summary>Layer normalization, γ from 1 and β from 0.</summary>
    public Tensor LayerNorm(string name, Tensor x)
    {
        Tensor gamma = Ones($"{name}.gamma", x.Columns), beta = Zeros($"{name}.beta", x.Columns);
        Tensor y = Activation($"{name}.out", x.Columns, x);
        Append(new LayerNorm(Workspace, x, gamma, beta, y));
        return y;
    }

    /// <summary>(B·C, E) interacting layer of the fields of each example, concat(head_1 … head_H), head_i = softmax((x W_Q)(x W_K)ᵀ) x W_V.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(B·C, K) from <see cref="ByField"/> or from the layer before.</param>
    /// <param name="width">E.</param>
    public Tensor FieldAttention(string name, Tensor x, int width)
    {
        Tensor q = Linear($"{name}.query", x, width, bias: false), k = Linear($"{name}.key", x, width, bias: false), v = Linear($"{name}.value", x, width, bias: false);
        Tensor y = Activation($"{name}.heads", width, x);
        Append(new MultiHeadAttention(Workspace, Fields, q, k, v, HeadsOf(width, "an interacting layer", "--attention-width"), y, scaled: false));
        return y;
    }

    /// <summary>The fields of each example as a sequence.</summary>
    private SequenceItems Fields => fields ??= new(
        Constants("field offsets", [.. Enumerable.Range(0, BatchSize + 1).Select(b => b * (Spec.C - 1))]),
        Constants("field owners", [.. Enumerable.Range(0, BatchSize * (Spec.C - 1)).Select(i => i / (Spec.C - 1))]),
        RowKind.PartOfExample(Spec.C), Mask: null);

    private SequenceItems? fields;

    /// <summary>The requested number of heads, or the largest usual one.</summary>
    /// <param name="e">Width of what they share.</param>
    /// <param name="what">It in words.</param>
    /// <param name="flag">Which option gives the width.</param>
    /// <exception cref="KernelException">The requested number does not divide the width.</exception>
    private int HeadsOf(int e, string what, string flag)
    {
        int heads = Options.AttentionHeads;
        if (heads == 0)
            return defaultHeads.First(h => e % h == 0);
        return e % heads == 0 ? heads : throw new KernelException(
            $"{heads} attention heads do not divide the {e} values of {what}: "
            + $"take --attention-heads {string.Join(", ", Enumerable.Range(1, Math.Min(e, 64)).Where(h => e % h == 0))}, or another {flag}");
    }

    /// <summary>Histories, with their targets if they have any.</summary>
    /// <param name="History">The histories.</param>
    /// <param name="Items">(·, E) their items, with the target if there is one.</param>
    public readonly record struct Sequence(BehaviourHistory History, Tensor Items);
}

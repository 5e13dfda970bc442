using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <content>Recurrence over histories and the auxiliary loss of DIEN (Zhou et al., AAAI 2019). Tensors over positions have one row for each position of a history, oldest first, and no padding.</content>
public sealed partial class ModelBuilder
{
    private bool lossOnly;

    /// <summary>Records ops that affect no score: they run only in training passes and are not exported. Their weights exist in every recording of the model.</summary>
    public T LossOnly<T>(Func<T> record)
    {
        bool before = lossOnly;
        lossOnly = true;
        try
        {
            return record();
        }
        finally
        {
            lossOnly = before;
        }
    }

    /// <summary>(T, E) the keys of a history. Ops that gather keys in place are recorded before it, because it writes the row gradients of these lookups and they add.</summary>
    public Tensor Keys(string name, BehaviourHistory history)
    {
        Tensor k = Positions(name, history, history.E);
        Append(new HistoryKeys(Device, history, k));
        return k;
    }

    /// <summary>(B, E) the vectors of the target. Record it before the tower's input: its gradient is added to theirs.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="vectors">(B, C·D) from <see cref="FieldVectors(int)"/>.</param>
    /// <param name="columns">The history whose target is meant.</param>
    public Tensor Query(string name, Tensor vectors, HistoryColumns columns) => VectorsOf(name, vectors, columns.Columns.Select(c => Spec.Sequences[c].Target));

    /// <summary>(T, H) the states of a GRU over each history.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="x">(T, I).</param>
    /// <param name="hidden">H.</param>
    /// <param name="reset">Where the reset gate is applied; with <see cref="GruReset.Before"/>, as in TensorFlow, the biases of both gates are initialized to 1.</param>
    public Tensor Gru(string name, BehaviourHistory history, Tensor x, int hidden, GruReset reset) => Gru(name, history, x, null, hidden, GruKind.Gru, reset);

    /// <summary>(T, H) the states of a GRU with attention, which make up the evolving interest.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="x">(T, I).</param>
    /// <param name="a">(T, 1) attention weights.</param>
    /// <param name="hidden">H.</param>
    /// <param name="kind">Where the attention enters.</param>
    /// <param name="reset">As in <see cref="Gru(string, BehaviourHistory, Tensor, int, GruReset)"/>.</param>
    public Tensor Evolve(string name, BehaviourHistory history, Tensor x, Tensor a, int hidden, Evolutions kind, GruReset reset)
    {
        if (kind != Evolutions.Aigru)
            return Gru(name, history, x, a, hidden, kind switch { Evolutions.Agru => GruKind.Agru, Evolutions.Augru => GruKind.Augru, _ => GruKind.AugruOfficial }, reset);
        Tensor scaled = Positions($"{name} input", history, x.Columns);
        Append(new PositionScale(Device, x, a, scaled));
        return Gru(name, history, scaled, hidden, reset);
    }

    /// <summary>(B, H) the state after the last position of each history; zeros for an empty one.</summary>
    public Tensor LastState(string name, BehaviourHistory history, Tensor states)
    {
        Tensor y = Activation(name, states.Columns);
        Append(new LastState(Device, history, states, y));
        return y;
    }

    /// <summary>(T, 1) h_tᵀ W q, the attention of the paper (eq. 6).</summary>
    /// <param name="name">Prefix of the parameter's name.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="states">(T, H) h.</param>
    /// <param name="query">(B, A) q.</param>
    public Tensor BilinearScores(string name, BehaviourHistory history, Tensor states, Tensor query)
    {
        Tensor v = Linear(name, query, states.Columns, bias: false), s = Positions($"{name} scores", history, 1);
        Append(new PositionDots(Device, history, states, v, s));
        return s;
    }

    /// <summary>(T, 1) scores of DIN's activation unit over [q', h_t, q' − h_t, q' ∘ h_t], q' = PReLU(Linear(q)) as wide as the states: the attention of the authors' code.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="states">(T, H) h; also read by an op recorded later.</param>
    /// <param name="query">(B, A) q.</param>
    public Tensor UnitScores(string name, BehaviourHistory history, Tensor states, Tensor query)
    {
        Tensor q = PRelu($"{name}.query", Linear($"{name}.query", query, states.Columns), 0.1f);
        DeviceArray<int> positions = Constants($"{name} positions", [.. Enumerable.Range(0, history.MaxTokens)]), zero = Constants($"{name} zero", [0]);
        return ActivationUnit(name, history.Over(states, q, positions, zero)).Score;
    }

    /// <summary>(T, 1) softmax of the scores of each history.</summary>
    public Tensor PositionSoftmax(string name, BehaviourHistory history, Tensor scores)
    {
        Tensor a = Positions(name, history, 1);
        Append(new PositionSoftmax(Device, history, scores, a));
        return a;
    }

    /// <summary>The auxiliary loss: the state of each position distinguishes the next clicked item from one that was not clicked. Its ops start the gradients of α times this loss; pass <see cref="Kernels.Recurrent.NextItemLoss.Loss"/> to <see cref="Report"/>, so that it is reported separately.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="states">(T, H) h.</param>
    /// <param name="clicked">(T, E) the items of the history.</param>
    /// <param name="negative">(T, E) items that were not clicked at their positions; nothing is read at the first position of a history.</param>
    /// <param name="form">The classifier.</param>
    /// <param name="hidden">Widths of its hidden layers, with sigmoid units; unused by the inner product.</param>
    /// <param name="average">The divisor of the sum over positions.</param>
    /// <param name="alpha">α.</param>
    public NextItemLoss NextItemLoss(
        string name, BehaviourHistory history, Tensor states, Tensor clicked, Tensor negative, NextItemForms form, IReadOnlyList<int> hidden, PairAverages average, double alpha) => LossOnly(() =>
    {
        NextItems items = new(history, states, clicked, negative);
        Tensor z = form == NextItemForms.Inner ? InnerLogits(name, items) : NetworkLogits(name, items, hidden, form == NextItemForms.Mlp ? 1 : 2);
        NextItemLoss loss = new(Workspace, history, z, Workspace.TrainingTensor($"{name} loss", 1, 3), average, (float)alpha, Inputs.Weight, (float)Options.ProbabilityEpsilon);
        Append(loss);
        return loss;
    });

    private Tensor InnerLogits(string name, NextItems items)
    {
        Tensor z = Pairs($"{name} logits", items, 1);
        Append(new NextItemDots(Device, items, z));
        return z;
    }

    private Tensor NetworkLogits(string name, NextItems items, IReadOnlyList<int> hidden, int outputs)
    {
        Tensor x = Pairs($"{name} pairs", items, items.States.Columns + items.Clicked.Columns);
        Append(new NextItemPairs(Device, items, x));
        x = InputNorm(name, x);
        for (int i = 0; i < hidden.Count; i++)
            x = Activate($"{name}.{i}", Linear($"{name}.{i}", x, hidden[i]), Activations.Sigmoid);
        return Linear($"{name}.out", x, outputs);
    }

    private Tensor Gru(string name, BehaviourHistory history, Tensor x, Tensor? a, int hidden, GruKind kind, GruReset reset)
    {
        double deviation = Math.Sqrt(2.0 / (x.Columns + hidden));
        GruWeights weights = new(
            Weight($"{name}.weight_ih", 3 * hidden, x.Columns, deviation), Weight($"{name}.weight_hh", 3 * hidden, hidden, Math.Sqrt(1.0 / hidden)),
            Zeros($"{name}.bias_ih", 3 * hidden), Zeros($"{name}.bias_hh", 3 * hidden));
        if (reset == GruReset.Before)
            initializers.Add(i => weights.InputBias.Write(Device, Enumerable.Repeat(1f, 2 * hidden).ToArray()));
        Tensor h = Positions($"{name} states", history, hidden);
        Append(new Gru(Workspace, history, x, a, weights, h, kind, reset));
        return h;
    }

    private Tensor Positions(string name, BehaviourHistory history, int columns) => Activation(name, columns, history.MaxTokens, history.PositionRows);

    private Tensor Pairs(string name, NextItems items, int columns) => Activation(name, columns, 2L * items.History.MaxTokens, items.PairRows);
}

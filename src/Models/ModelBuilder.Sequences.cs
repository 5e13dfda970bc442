using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>The history columns that one activation unit reads.</summary>
/// <param name="Group">Their behaviour group.</param>
/// <param name="Columns">Indices into the sequences of the spec.</param>
public sealed record HistoryColumns(int Group, IReadOnlyList<int> Columns);

public sealed partial class ModelBuilder
{
    /// <summary>The histories of a behaviour group, with the vectors of their target fields as queries.</summary>
    /// <param name="vectors">(B, C·D) from <see cref="FieldVectors(int)"/>.</param>
    /// <param name="group">Which group.</param>
    public BehaviourHistory History(Tensor vectors, int group) => History(vectors, new HistoryColumns(group, ColumnsOf(group)));

    /// <summary>The inputs of a model's activation units: the columns of each behaviour group together, or every column alone.</summary>
    public IEnumerable<HistoryColumns> Histories() => Enumerable.Range(0, Spec.GroupCount).SelectMany(group => Options.AttentionPerColumn
        ? ColumnsOf(group).GroupBy(column => Spec.Sequences[column].Of is >= 0 and int first ? first : column).Select(vectors => new HistoryColumns(group, [.. vectors]))
        : [new HistoryColumns(group, ColumnsOf(group))]);

    /// <summary>Inputs of DIN's tower from a history: the attended history u; by option also the plain sum before it and u ∘ i after it; each (B, E).</summary>
    /// <param name="vectors">(B, C·D) from <see cref="FieldVectors(int)"/>.</param>
    /// <param name="columns">The columns of the history.</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    public IReadOnlyList<Tensor> Interests(Tensor vectors, HistoryColumns columns, string name)
    {
        List<Tensor> interests = [];
        // In backward, attention writes the gradients of the keys and the sum adds to them, so the sum is recorded first.
        if (Options.HistorySum)
            interests.Add(HistorySum(name, columns));
        BehaviourHistory history = History(vectors, columns);
        Tensor u = TargetAttention(history, name);
        if (Options.HistoryProjection)
            u = Linear($"{name}.projection", u, history.E);
        interests.Add(u);
        if (!Options.TargetProduct)
            return interests;
        interests.Add(TargetProduct(name, history, u));
        return interests;
    }

    /// <summary>Σ_t k_t: (B, E). Its gradient is added to that of the keys: record it before ops that read them otherwise.</summary>
    public Tensor HistorySum(string name, HistoryColumns columns) =>
        PoolColumns($"{name} sum", Embedding, columns.Columns, _ => Inputs.Groups[columns.Group].Offsets, PoolingKind.Sum, accumulate: true);

    /// <summary>u ∘ q: (B, E), q the target's vectors.</summary>
    public Tensor TargetProduct(string name, BehaviourHistory history, Tensor u)
    {
        Tensor product = Activation($"{name} product", history.E);
        Append(new TargetProduct(Device, history, u, product));
        return product;
    }

    /// <summary>(B, 1): a trained bias for each value of the target field of the first history, initially 0.</summary>
    /// <exception cref="KernelException">There is no history.</exception>
    public Tensor TargetBias()
    {
        if (Spec.GroupCount == 0)
            throw new KernelException("a target bias needs a history: its target is the field that the history belongs to");
        EmbeddingTable table = Table("target_bias", 1, deviation: 0, Control.Rule);
        Tensor y = Activation("target bias", 1);
        Append(new FieldBias(Device, Inputs.Rows, table.Rows, table.RowGradients, y, Spec.F, Spec.C, Spec.Group(0).First().Target));
        return y;
    }

    /// <summary>The negatives of a history in the shape of a history. A model for prediction has no negatives and no ops that read them, so it gets the history itself.</summary>
    public BehaviourHistory Negatives(Tensor vectors, HistoryColumns columns)
    {
        int[] negatives = [.. SequencesWhere(s => s.Role == SequenceRole.Negative)
            .Where(n => columns.Columns.Any(c => (Spec.Sequences[c].Group, Spec.Sequences[c].Target) == (Spec.Sequences[n].Group, Spec.Sequences[n].Target)))];
        return History(vectors, negatives.Length == 0 ? columns : columns with { Columns = negatives });
    }

    /// <summary>The histories of some columns, with the vectors of their target fields as queries.</summary>
    public BehaviourHistory History(Tensor vectors, HistoryColumns columns)
    {
        SequenceField[] fields = columns.Columns.Select(c => Spec.Sequences[c]).ToArray();
        int[] bases = columns.Columns.Select(c => ModelInputs.SequenceBase(Spec, BatchSize, c)).ToArray();
        return new BehaviourHistory(
            Embedding.Rows, Embedding.RowGradients, vectors, Inputs.SequenceRows,
            Constants($"history bases {fields[0].Name}", bases), Constants($"target fields {fields[0].Name}", fields.Select(f => f.Target).Where(target => target >= 0).ToArray()),
            Inputs.Groups[columns.Group].Offsets, Inputs.Groups[columns.Group].Owners, columns.Group, BatchSize * fields[0].MaxLength, GradientOffset);
    }

    /// <summary>Activation unit and weighted sum over a history: (B, E), zeros for an empty history.</summary>
    /// <param name="history">Keys and queries.</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    public Tensor TargetAttention(BehaviourHistory history, string name)
    {
        (Tensor score, IOp first) = ActivationUnit(name, history);
        Tensor pooled = Activation($"{name} pooled", history.E);
        Append(new AttentionPooling(Workspace, history, score, pooled, Options.AttentionNormalization, first as ActivationUnitFirstLayer));
        return pooled;
    }

    /// <summary>(T, 1) the score of every position, and the op of the first layer.</summary>
    private (Tensor Score, IOp First) ActivationUnit(string name, BehaviourHistory history)
    {
        Tensor like = Workspace.Tensor($"{name} positions", history.MaxTokens, 0, kind: history.PositionRows);
        IReadOnlyList<int> units = [.. Options.AttentionUnits, 1];
        string Layer(int i) => i == units.Count - 1 ? $"{name}.out" : $"{name}.{i}";
        (Tensor score, IOp first) = FirstLayer(Layer(0), history, units[0], like, units.Count == 1 ? 0 : Options.HiddenInitStd);
        for (int i = 1; i < units.Count; i++)
        {
            bool last = i == units.Count - 1;
            if (Options.AttentionBatchNorm)
                score = BatchNorm($"{Layer(i - 1)}.norm", score, relu: false);
            score = ActivatedLinear(Layer(i - 1), score, Options.AttentionActivation, Layer(i), units[i], bias: last || !Options.AttentionBatchNorm, last ? 0 : Options.HiddenInitStd);
        }
        return (score, first);
    }

    /// <summary>The histories of a group pooled without attention: (B, E), zeros for an empty history.</summary>
    public Tensor PoolHistory(int group) => PoolColumns($"pooled history {group}", Embedding, ColumnsOf(group), _ => Inputs.Groups[group].Offsets, Options.Pooling);

    /// <summary>(B, P·D) pooled vectors of the multi-valued fields; null if there are none.</summary>
    private Tensor? PooledLists(EmbeddingTable table)
    {
        int[] columns = SequencesWhere(s => s.Role == SequenceRole.Pooled);
        return columns.Length == 0 ? null : PoolColumns($"pooled lists of {table.Weights.Name}", table, columns, s => Inputs.PooledOffsets[s], Options.Pooling);
    }

    private Tensor PoolColumns(
        string name, EmbeddingTable table, IReadOnlyList<int> columns, Func<int, DeviceArray<int>> offsets, PoolingKind kind, bool accumulate = false)
    {
        int d = table.Weights.Columns;
        Tensor pooled = Activation(name, columns.Count * d);
        for (int i = 0; i < columns.Count && d > 0; i++)
        {
            SequenceTensors sequence = new(Inputs.SequenceRows, ModelInputs.SequenceBase(Spec, BatchSize, columns[i]), offsets(columns[i]), GradientOffset);
            Append(new SequencePooling(Device, table, sequence, pooled, i * d, kind, accumulate));
        }
        return pooled;
    }

    /// <summary>Makes another op of (history, W, β, z) in place of <see cref="Kernels.Attention.ActivationUnitFirstLayer"/>, and builds the activation unit from unfused ops; for comparisons.</summary>
    internal Func<BehaviourHistory, Tensor, Tensor, Tensor, IOp>? OtherFirstLayer { get; set; }

    /// <summary>Row gradients of list columns follow those of the C field vectors of all examples.</summary>
    private int GradientOffset => BatchSize * Spec.C;

    private int[] ColumnsOf(int group) => SequencesWhere(s => s.Role == SequenceRole.History && s.Group == group);

    private int[] SequencesWhere(Func<SequenceField, bool> condition) =>
        Enumerable.Range(0, Spec.Sequences.Count).Where(s => condition(Spec.Sequences[s])).ToArray();

    private (Tensor Z, IOp Op) FirstLayer(string layer, BehaviourHistory history, int units, Tensor like, double deviation)
    {
        Tensor z = Activation(layer, units, like), w = Weight($"{layer}.weight", units, 4 * history.E, deviation), beta = Zeros($"{layer}.bias", units);
        return (z, Append(OtherFirstLayer?.Invoke(history, w, beta, z) ?? new ActivationUnitFirstLayer(Workspace, history, w, beta, z)));
    }

    private DeviceArray<int> Constants(string name, int[] values)
    {
        DeviceArray<int> array = Workspace.Array<int>(name, values.Length);
        constants.Add(() => array.Write(Device, values));
        return array;
    }
}

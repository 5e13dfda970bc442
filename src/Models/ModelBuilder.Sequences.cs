using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    /// <summary>The histories of a behaviour group, with the vectors of their target fields as queries.</summary>
    /// <param name="vectors">(B, C·D) from <see cref="FieldVectors(int)"/>.</param>
    /// <param name="group">Which group.</param>
    public BehaviourHistory History(Tensor vectors, int group)
    {
        SequenceField[] fields = Spec.Group(group).ToArray();
        int[] bases = SequencesWhere(fields.Contains).Select(s => ModelInputs.SequenceBase(Spec, BatchSize, s)).ToArray();
        return new BehaviourHistory(
            Embedding.Weights, Embedding.RowGradients, vectors, Inputs.SequenceRows,
            Constants($"history bases {group}", bases), Constants($"target fields {group}", fields.Select(f => f.Target).ToArray()),
            Inputs.Groups[group].Offsets, Inputs.Groups[group].Owners, group, BatchSize * fields[0].MaxLength, GradientOffset);
    }

    /// <summary>Attention unit and weighted sum over a history: (B, E), zeros where there is none.</summary>
    /// <param name="history">Keys and queries.</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    public Tensor TargetAttention(BehaviourHistory history, string name)
    {
        Tensor like = Workspace.Tensor($"{name} positions", history.MaxTokens, 0, group: history.Group), x = like;
        for (int i = 0; i < Options.AttentionUnits.Count; i++)
        {
            string layer = $"{name}.{i}";
            x = i == 0 ? AttentionInput(layer, history, Options.AttentionUnits[0], like) : Linear(layer, x, Options.AttentionUnits[i]);
            x = Activate(layer, x, Options.AttentionActivation);
        }
        Tensor score = Options.AttentionUnits.Count == 0 ? AttentionInput($"{name}.out", history, 1, like) : Linear($"{name}.out", x, 1);
        Tensor pooled = Activation($"{name} pooled", history.E);
        Ops.Add(new AttentionPooling(Workspace, history, score, pooled, Options.AttentionNormalization));
        return pooled;
    }

    /// <summary>The histories of a group pooled without attention: (B, E), zeros where there is none.</summary>
    public Tensor PoolHistory(int group)
    {
        int[] columns = SequencesWhere(s => s.Role == SequenceRole.History && s.Group == group);
        return PoolColumns($"pooled history {group}", Embedding, columns, _ => Inputs.Groups[group].Offsets);
    }

    /// <summary>(B, P·D) pooled vectors of the multi-valued fields; null where there are none.</summary>
    private Tensor? PooledLists(EmbeddingTable table)
    {
        int[] columns = SequencesWhere(s => s.Role == SequenceRole.Pooled);
        return columns.Length == 0 ? null : PoolColumns($"pooled lists of {table.Weights.Name}", table, columns, s => Inputs.PooledOffsets[s]);
    }

    private Tensor PoolColumns(string name, EmbeddingTable table, int[] columns, Func<int, DeviceArray<int>> offsets)
    {
        int d = table.Weights.Columns;
        Tensor pooled = Activation(name, columns.Length * d);
        for (int i = 0; i < columns.Length && d > 0; i++)
        {
            SequenceTensors sequence = new(Inputs.SequenceRows, ModelInputs.SequenceBase(Spec, BatchSize, columns[i]), offsets(columns[i]), GradientOffset);
            Ops.Add(new SequencePooling(Device, table, sequence, pooled, i * d, Options.Pooling));
        }
        return pooled;
    }

    /// <summary>Row gradients of list columns lie behind those of the C field vectors of every row.</summary>
    private int GradientOffset => BatchSize * Spec.C;

    private int[] SequencesWhere(Func<SequenceField, bool> condition) =>
        Enumerable.Range(0, Spec.Sequences.Count).Where(s => condition(Spec.Sequences[s])).ToArray();

    private Tensor AttentionInput(string layer, BehaviourHistory history, int units, Tensor like)
    {
        Tensor z = Activation(layer, units, like);
        Ops.Add(new AttentionInput(Workspace, history, Weight($"{layer}.weight", units, 4 * history.E), Zeros($"{layer}.bias", units), z));
        return z;
    }

    private DeviceArray<int> Constants(string name, int[] values)
    {
        DeviceArray<int> array = Workspace.Array<int>(name, values.Length);
        initializers.Add(_ => array.Write(Device, values));
        return array;
    }
}

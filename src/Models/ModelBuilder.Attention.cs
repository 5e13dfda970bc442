using GpuCtr.Kernels.Attention;
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
        int[] bases = Enumerable.Range(0, Spec.Sequences.Count)
            .Where(s => fields.Contains(Spec.Sequences[s])).Select(s => ModelInputs.SequenceBase(Spec, BatchSize, s)).ToArray();
        return new BehaviourHistory(
            Embedding.Weights, Embedding.RowGradients, vectors, Inputs.SequenceRows,
            Constants($"history bases {group}", bases), Constants($"target fields {group}", fields.Select(f => f.Target).ToArray()),
            Inputs.Groups[group].Offsets, Inputs.Groups[group].Owners, group, BatchSize * fields[0].MaxLength, BatchSize * (Spec.F + Spec.N));
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

    /// <summary>Mean of a history's keys: (B, E), zeros where there is none.</summary>
    public Tensor Pool(BehaviourHistory history)
    {
        // Equal scores under softmax are the mean; nothing learns from a score without gradient's consumer.
        Tensor score = Workspace.Tensor("equal scores", history.MaxTokens, 1, gradient: true, group: history.Group);
        Tensor pooled = Activation("mean pooled history", history.E);
        Ops.Add(new AttentionPooling(Workspace, history, score, pooled, AttentionNormalization.Softmax));
        return pooled;
    }

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

using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Groups the buffers of a model in training by purpose, in terms that need no knowledge of its ops.</summary>
internal static class MemoryUse
{
    /// <summary>The uses and their bytes, largest first; together all of <see cref="TrainableModel.MemoryPlan"/>.</summary>
    /// <param name="model">The recorded model.</param>
    /// <param name="states">The optimizer's state.</param>
    public static IReadOnlyList<(string Use, long Bytes)> Of(RecordedModel model, IEnumerable<Tensor> states)
    {
        HashSet<string> tables = [.. model.Tables.Select(t => t.Weights.Name)], state = [.. states.Select(s => s.Name)], batch = [.. model.Inputs.Names];
        string Use(string name) =>
            tables.Contains(name) ? "embedding tables"
            : name == model.Arena.Weights?.Name ? "dense weights"
            : state.Contains(name) ? "optimizer state"
            : batch.Contains(name) ? "batch buffers"
            : name.StartsWith("d ", StringComparison.Ordinal) ? "gradients"
            : "activations";
        return [.. model.Workspace.Plan.GroupBy(p => Use(p.Name), (use, buffers) => (use, buffers.Sum(b => b.Bytes))).Where(u => u.Item2 > 0).OrderByDescending(u => u.Item2)];
    }
}

using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Export;

/// <summary>The weights as a safetensors file with the names and shapes of a PyTorch state_dict; the file's metadata describe the model.</summary>
internal static class PyTorchFile
{
    private static readonly (string Ours, string Theirs)[] vectors =
        [(".bias", ".bias"), (".gamma", ".weight"), (".beta", ".bias"), (".alpha", ".alpha"), (".running_mean", ".running_mean"), (".running_var", ".running_var")];

    /// <summary>Writes PATH.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(string path, FrozenModel model)
    {
        HashSet<string> tables = [.. model.Tables.Select(t => t.Name)];
        JsonObject metadata = new()
        {
            ["model"] = JsonText.Line(model.Options),
            ["features"] = JsonText.Line(model.Spec),
            ["layout"] = "pytorch",
        };
        SafeTensors.Write(path, model.Device, [.. model.Weights.Select(t => Name(t, tables))], metadata);
    }

    private static NamedTensor Name(Tensor t, HashSet<string> tables)
    {
        if (tables.Contains(t.Name))
            return new NamedTensor($"{t.Name}.weight", [t.Rows, t.Columns], t);
        if (t.Name is "bias" or "numeric.weights")
            return new NamedTensor(t.Name, [t.Length], t);
        foreach ((string ours, string theirs) in vectors)
        {
            if (t.Name.EndsWith(ours, StringComparison.Ordinal))
                return new NamedTensor(t.Name[..^ours.Length] + theirs, [t.Length], t);
        }
        return new NamedTensor(t.Name, [t.Rows, t.Columns], t);
    }
}

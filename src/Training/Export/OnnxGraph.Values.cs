using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Export;

/// <summary>The tensors, weights and list columns of the model that the values of the graph represent.</summary>
internal sealed partial class OnnxGraph
{
    private readonly Dictionary<Tensor, string> values = [];
    private readonly Dictionary<Tensor, List<string>> parts = [];
    private readonly Dictionary<int, (string Rows, string Mask)> lists = [];
    private readonly Dictionary<object, string> once = [];

    /// <inheritdoc/>
    public string this[Tensor tensor]
    {
        get
        {
            if (!values.TryGetValue(tensor, out string? value))
                values[tensor] = value = !parts.TryGetValue(tensor, out List<string>? columns) ? Weight(tensor)
                    : columns is [string only] ? only : Node("Concat", ("axis", 1), [.. columns]);
            return value;
        }
        set => values[tensor] = value;
    }

    /// <inheritdoc/>
    public string? FieldRows { get; set; }

    /// <inheritdoc/>
    public string ListRows(int start) => lists[start].Rows;

    /// <inheritdoc/>
    public string ListMask(int start) => lists[start].Mask;

    /// <summary>Declares the values of a list column.</summary>
    public void AddList(int start, string rows, string mask) => lists.Add(start, (rows, mask));

    /// <inheritdoc/>
    public void Append(Tensor tensor, string columns)
    {
        if (!parts.TryGetValue(tensor, out List<string>? list))
            parts.Add(tensor, list = []);
        list.Add(columns);
    }

    /// <inheritdoc/>
    public string Weight(Tensor tensor) => weights.Add(prefix + tensor.Name, tensor, device);

    /// <inheritdoc/>
    public T[] Read<T>(DeviceArray<T> array) where T : unmanaged => array.ToArray(device);

    /// <inheritdoc/>
    public string Once(object key, Func<string> add)
    {
        if (!once.TryGetValue(key, out string? value))
            once.Add(key, value = add());
        return value;
    }
}

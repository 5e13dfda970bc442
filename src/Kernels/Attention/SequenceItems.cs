using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>Sequences of items, one for each example: which rows of a tensor over items belong to which example. An example has at least one item, which is its last; a history has its target there.</summary>
/// <param name="Offsets">(B + 1) items of row b, each without the last one, begin at Offsets[b]: its rows are Offsets[b] + b … Offsets[b + 1] + b.</param>
/// <param name="Owners">(T) row of the batch of every item that is not the last one.</param>
/// <param name="Rows">The rows of a tensor over the items.</param>
/// <param name="Mask">Exports which items of padded sequences take part, (B, 1, 1, T + 1); null: all do.</param>
public sealed unsafe record SequenceItems(DeviceArray<int> Offsets, DeviceArray<int> Owners, RowKind Rows, Func<IOnnxGraph, string>? Mask)
{
    internal SequenceRows Bind(in Pass pass) => new(Offsets.View, Owners.View, Rows.Count(pass.Rows, pass.Tokens) - pass.Rows, pass.Rows);

    /// <summary>The rows of an example, in host memory.</summary>
    internal (int First, int Count) Of(int b) => (Offsets.Pointer[b] + b, Offsets.Pointer[b + 1] - Offsets.Pointer[b] + 1);
}

/// <summary>Kernel argument: which rows of a tensor over sequences (history and target) belong to which row of the batch.</summary>
/// <remarks>Kernels number the T + B items of a batch positions first, then targets, so that the row of an item is found without a search.</remarks>
/// <param name="Offsets">(B + 1).</param>
/// <param name="Owners">(T).</param>
/// <param name="T">Positions of the batch.</param>
/// <param name="B">Rows of the batch.</param>
public readonly record struct SequenceRows(ArrayView<int> Offsets, ArrayView<int> Owners, int T, int B)
{
    /// <summary>T + B.</summary>
    internal int Count => T + B;

    /// <summary>Row of the batch of an item.</summary>
    internal int Owner(int item) => item < T ? Owners[item] : item - T;

    /// <summary>Row of an item of row b.</summary>
    internal int Row(int item, int b) => item < T ? item + b : Target(b);

    /// <summary>The first row of row b.</summary>
    internal int First(int b) => Offsets[b] + b;

    /// <summary>Its last one.</summary>
    internal int Target(int b) => Offsets[b + 1] + b;
}

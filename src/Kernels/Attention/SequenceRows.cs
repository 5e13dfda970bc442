using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>Which rows of a tensor over sequences, of history and target each, belong to which row of the batch; as kernels see it.</summary>
/// <remarks>Kernels count the T + B items of a batch positions first and targets behind them: so the row that an item belongs to needs no search.</remarks>
/// <param name="Offsets">(B + 1).</param>
/// <param name="Owners">(T).</param>
/// <param name="T">Positions of the batch.</param>
/// <param name="B">Rows of the batch.</param>
public readonly record struct SequenceRows(ArrayView<int> Offsets, ArrayView<int> Owners, int T, int B)
{
    /// <summary>T + B.</summary>
    internal int Count => T + B;

    /// <summary>Row of the batch that an item belongs to.</summary>
    internal int Owner(int item) => item < T ? Owners[item] : item - T;

    /// <summary>Row of an item of row b.</summary>
    internal int Row(int item, int b) => item < T ? item + b : Target(b);

    /// <summary>The first row of row b.</summary>
    internal int First(int b) => Offsets[b] + b;

    /// <summary>Its last one.</summary>
    internal int Target(int b) => Offsets[b + 1] + b;
}

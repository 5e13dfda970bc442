using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>States of a history, with the next item and a negative at each position: the inputs of the auxiliary loss of DIEN (Zhou et al., AAAI 2019, section 4.2).</summary>
/// <param name="History">Which positions belong to which row.</param>
/// <param name="States">h (T, H) over positions.</param>
/// <param name="Clicked">e (T, E): of position t, its own item; the one that follows h_t is e_{t+1}.</param>
/// <param name="Negative">ê (T, E): an item that was not clicked at that position.</param>
public sealed record NextItems(BehaviourHistory History, Tensor States, Tensor Clicked, Tensor Negative)
{
    /// <summary>The rows of a tensor over pairs.</summary>
    public RowKind PairRows => RowKind.HistoryPair(History.Group);

    /// <summary>Whether the tensors fit together.</summary>
    internal bool Fit => Clicked.Columns == Negative.Columns && Clicked != Negative && States != Clicked && States != Negative
        && States.RowKind == History.PositionRows && Clicked.RowKind == History.PositionRows && Negative.RowKind == History.PositionRows;

    /// <summary>The gradients of the three, for the op that reads them.</summary>
    internal readonly record struct Sinks(Tensor.GradientSink States, Tensor.GradientSink Clicked, Tensor.GradientSink Negative);

    /// <summary>The tensors as a kernel argument.</summary>
    public readonly record struct View(
        ArrayView<int> Offsets, ArrayView<int> Owners, ArrayView<float> States, ArrayView<float> Clicked, ArrayView<float> Negative,
        GradientView Dstates, GradientView Dclicked, GradientView Dnegative, int T, int H, int E)
    {
        /// <summary>Whether an item follows position t in its history.</summary>
        internal bool HasNext(int t) => t + 1 < Offsets[Owners[t] + 1];

        /// <summary>Whether a state precedes it.</summary>
        internal bool HasPrevious(int t) => t > Offsets[Owners[t]];
    }

    internal Sinks Consume() => new(States.Consume(), Clicked.Consume(), Negative.Consume());

    internal View Bind(in Pass pass, in Sinks d) => new(
        History.Offsets.View, History.Owners.View, States.View, Clicked.View, Negative.View, d.States.View, d.Clicked.View, d.Negative.View,
        pass.RowsOf(States), States.Columns, Clicked.Columns);

    /// <summary>On the CPU: the positions of row b.</summary>
    internal unsafe (int First, int End) Positions(int b) => (History.Offsets.Pointer[b], History.Offsets.Pointer[b + 1]);

    /// <inheritdoc/>
    public override string ToString() => $"h {States}, e {Clicked}, ê {Negative}";
}

using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels;

/// <summary>One pass of the recorded list over a batch.</summary>
/// <remarks>Only models create passes, from checked batches, because kernels use its numbers as indices.</remarks>
public readonly record struct Pass
{
    internal Pass(int rows, bool Training, int[]? Tokens = null, bool Frozen = false, BatchSlice? Slice = null) => (Rows, this.Training, this.Tokens, this.Frozen, this.Slice) = (rows, Training, Tokens, Frozen, Slice);

    /// <summary>Rows of the batch, at most what the buffers were planned for.</summary>
    public int Rows { get; }

    /// <summary>True: batch statistics and dropout. False: running statistics, no dropout.</summary>
    public bool Training { get; }

    /// <summary>Total number of history positions of each behaviour group, then of predictions and candidates in models that predict items, or of lists in models that rank lists; null without histories.</summary>
    internal int[]? Tokens { get; }

    /// <summary>Whether weights are the same in every pass, so that an op can rearrange them once, in the first pass.</summary>
    public bool Frozen { get; }

    /// <summary>Which part of a batch these rows are; null: the whole.</summary>
    internal BatchSlice? Slice { get; }

    /// <summary>Rows of the batch of all ranks.</summary>
    public int WholeRows => Slice?.WholeRows ?? Rows;

    /// <summary>Number of rows of a tensor that this pass uses.</summary>
    public int RowsOf(Tensor t) => t.RowKind.Count(Rows, Tokens);

    /// <summary>Number of rows of a tensor that all ranks use together.</summary>
    public int WholeRowsOf(Tensor t) => Slice is { } s ? t.RowKind.Count(s.WholeRows, s.WholeTokens) : RowsOf(t);

    /// <summary>Number of rows of a tensor that the ranks before this one use.</summary>
    public int FirstRowOf(Tensor t) => Slice is { } s ? t.RowKind.Count(s.FirstRow, s.FirstTokens) : 0;
}

/// <summary>Position of the rows of a rank in the batch of all ranks.</summary>
internal sealed class BatchSlice(int tokens)
{
    /// <summary>Rows of the ranks before this one.</summary>
    public int FirstRow { get; set; }

    /// <summary>Rows of all ranks.</summary>
    public int WholeRows { get; set; }

    /// <summary><see cref="Pass.Tokens"/> of the ranks before this one.</summary>
    public int[] FirstTokens { get; } = new int[tokens];

    /// <summary><see cref="Pass.Tokens"/> of all ranks.</summary>
    public int[] WholeTokens { get; } = new int[tokens];
}

/// <summary>
/// One operation of the recorded step, bound to its buffers when it is constructed.
/// Forward reads inputs and writes outputs; Backward reads output gradients and writes (or adds to) input and parameter gradients.
/// No op updates a weight.
/// </summary>
public interface IOp
{
    /// <summary>Name in errors and listings.</summary>
    string Name { get; }

    /// <summary>Computes the outputs of the rows that the pass uses (<see cref="Pass.RowsOf"/>).</summary>
    void Forward(in Pass pass);

    /// <summary>Computes the gradients; called after Forward with the same pass, in reverse order of recording.</summary>
    void Backward(in Pass pass);

    /// <summary>
    /// Updates running statistics, after Backward, when <paramref name="stepFactor"/> is known; empty for ops without running statistics.
    /// stepFactor[0] = 0 means that the step is skipped and nothing may move.
    /// </summary>
    void Commit(in Pass pass, Tensor stepFactor) { }

    /// <summary>Minimum of bytes and operations of <see cref="Forward"/> in a pass.</summary>
    Work ForwardWork(in Pass pass);

    /// <summary>Minimum of bytes and operations of <see cref="Backward"/> in a pass.</summary>
    Work BackwardWork(in Pass pass);

    /// <summary>Adds the ONNX operators that compute the outputs of this op in evaluation to <paramref name="g"/>.</summary>
    void Export(IOnnxGraph g);
}

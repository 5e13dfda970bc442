using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels;

/// <summary>One pass of the recorded list over a batch.</summary>
/// <remarks>Only models make passes, of batches that were checked: kernels index with what it says.</remarks>
public readonly record struct Pass
{
    internal Pass(int rows, bool Training, int[]? Tokens = null, bool Frozen = false) => (Rows, this.Training, this.Tokens, this.Frozen) = (rows, Training, Tokens, Frozen);

    /// <summary>Rows of the batch, at most what the buffers were planned for.</summary>
    public int Rows { get; }

    /// <summary>True: batch statistics and dropout. False: running statistics, no dropout.</summary>
    public bool Training { get; }

    /// <summary>For each behaviour group, the history positions of all rows together; null without histories.</summary>
    internal int[]? Tokens { get; }

    /// <summary>The weights are the same in every pass of this list: what an op laid out of them in the first pass still holds.</summary>
    public bool Frozen { get; }

    /// <summary>How many rows of a tensor this pass uses.</summary>
    public int RowsOf(Tensor t) => t.RowKind.Count(Rows, Tokens);
}

/// <summary>
/// One operation of the recorded step, bound to its buffers when it was constructed.
/// Forward reads inputs and writes outputs; Backward reads output gradients and writes (or adds to) input and parameter gradients.
/// No op moves a weight.
/// </summary>
public interface IOp
{
    /// <summary>Name in errors and listings.</summary>
    string Name { get; }

    /// <summary>Computes the outputs of the first <c>pass.Rows</c> rows.</summary>
    void Forward(in Pass pass);

    /// <summary>Computes the gradients; called after Forward with the same pass, in reverse order of recording.</summary>
    void Backward(in Pass pass);

    /// <summary>
    /// Moves running statistics, after Backward and once <paramref name="guard"/> is known; ops without any have nothing to do.
    /// guard[0] = 0 means that the step is skipped and nothing may move.
    /// </summary>
    void Commit(in Pass pass, Tensor guard) { }

    /// <summary>The least that <see cref="Forward"/> must move and compute in a pass.</summary>
    Work ForwardWork(in Pass pass);

    /// <summary>The least that <see cref="Backward"/> must move and compute in a pass.</summary>
    Work BackwardWork(in Pass pass);

    /// <summary>Adds to <paramref name="g"/> the ONNX operators that compute, as in evaluation, the outputs of this op.</summary>
    void Export(IOnnxGraph g);
}

using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels;

/// <summary>One direction of an op over a pass.</summary>
internal delegate void PassWork(in Pass pass);

/// <summary>Implementation of <see cref="IOp.Commit"/>.</summary>
internal delegate void CommitWork(in Pass pass, Tensor stepFactor);

/// <summary>The implementation of an op on its device, chosen once by <see cref="Device.Select"/> when the op is built.</summary>
/// <remarks>Its functions capture what only this variant needs (kernels, blocks, partial sums); a step allocates nothing.</remarks>
internal sealed record OpVariant(PassWork Forward, PassWork Backward, CommitWork? Commit = null);

using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels;

/// <summary>One direction of an op over a pass.</summary>
internal delegate void PassWork(in Pass pass);

/// <summary>What <see cref="IOp.Commit"/> does.</summary>
internal delegate void CommitWork(in Pass pass, Tensor guard);

/// <summary>How an op runs on its device: chosen by <see cref="Device.Select"/> when the op is built, and never asked for again.</summary>
/// <remarks>What a variant alone needs, its kernels, blocks and partial sums, its functions capture; a step allocates nothing.</remarks>
internal sealed record OpVariant(PassWork Forward, PassWork Backward, CommitWork? Commit = null);

namespace GpuCtr.Hosting;

/// <summary>The model that a <see cref="CtrModelHost"/> serves, and why it does not serve a newer one.</summary>
/// <param name="Checkpoint">Full path of the checkpoint.</param>
/// <param name="Architecture">deepfm, din or another value of --model.</param>
/// <param name="Step">The training step of the weights.</param>
/// <param name="Since">When it took over.</param>
/// <param name="Failure">Why the checkpoint that is there now was not taken; null if it was.</param>
public sealed record ModelState(string Checkpoint, string Architecture, int Step, DateTimeOffset Since, string? Failure);

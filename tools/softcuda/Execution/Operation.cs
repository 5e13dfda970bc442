namespace GpuCtr.SoftCuda.Execution;

/// <summary>A decoded instruction: what all lanes of a warp do at once.</summary>
internal abstract class Operation
{
    /// <summary>Executes it in the active lanes of a warp, whose program counter already stands behind it.</summary>
    public abstract void Execute(Warp warp);
}

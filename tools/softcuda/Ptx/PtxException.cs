namespace GpuCtr.SoftCuda.Ptx;

/// <summary>PTX that the machine cannot execute: what, and in which line of the text.</summary>
/// <param name="line">Counts from 1.</param>
/// <param name="what">What is wrong there.</param>
public sealed class PtxException(int line, string what) : Exception($"PTX line {line}: {what}")
{
    /// <summary>Counts from 1.</summary>
    public int Line => line;
}

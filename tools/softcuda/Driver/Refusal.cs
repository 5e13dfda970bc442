namespace GpuCtr.SoftCuda.Driver;

/// <summary>A call that a real driver refuses.</summary>
/// <param name="code">What the call returns.</param>
/// <param name="why">The rule that was broken; null if the caller did nothing wrong: memory ran out, an event is not ready, an earlier fault is told again.</param>
/// <param name="check">What kind of rule that is.</param>
internal sealed class Refusal(CudaResult code, string? why, Check check = Check.Driver) : Exception(why)
{
    /// <summary>What the call returns.</summary>
    public CudaResult Code { get; } = code;

    /// <summary>The rule that was broken; null if none was.</summary>
    public string? Why { get; } = why;

    /// <summary>What kind of rule that is.</summary>
    public Check Check { get; } = check;
}

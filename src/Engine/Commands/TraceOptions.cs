using GpuCtr.Models;

namespace GpuCtr.Engine.Commands;

/// <summary>The flag of all verbs but <c>train</c>, which prints more with it.</summary>
internal sealed record TraceOptions
{
    /// <summary>Whether an error is followed by its stack trace.</summary>
    [Option("stack traces with errors", Section = OptionSection.Output)]
    public bool Verbose { get; init; }
}

namespace GpuCtr.Engine.Commands;

/// <summary>Options of a verb that may come from a file.</summary>
internal interface IReadsOptions
{
    /// <summary>The file with the options that are not typed: the one named by --config, or that of the run or search that goes on. Null: there is none.</summary>
    string? OptionsFile { get; }
}

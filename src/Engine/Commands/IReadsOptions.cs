namespace GpuCtr.Engine.Commands;

/// <summary>Options of a verb that may come from a file.</summary>
internal interface IReadsOptions
{
    /// <summary>The file with further options: the one named by --config, or that of the resumed run or search; null if there is none.</summary>
    string? OptionsFile { get; }
}

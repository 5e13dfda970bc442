using GpuCtr.Data.Options;

namespace GpuCtr.Training.Tuning;

/// <summary>A request for a search.</summary>
/// <param name="Search">How it searches.</param>
/// <param name="Run">What its runs have in common.</param>
/// <param name="Known">All options that the request may have.</param>
/// <param name="Given">Those that were given explicitly: they are not searched over.</param>
internal sealed record TuneRequest(TuneOptions Search, TrainOptions Run, IReadOnlyList<Option> Known, OptionValues Given);

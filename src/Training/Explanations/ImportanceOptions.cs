using GpuCtr.Models;

namespace GpuCtr.Training.Explanations;

/// <summary>Options of permutation importance.</summary>
internal sealed record ImportanceOptions
{
    /// <summary>Permutations of each column.</summary>
    [Option("permutations of each column; ± is the standard error of their mean", Least = 1, Most = 10_000, Section = OptionSection.Rows)]
    public int Repeats { get; init; } = 5;

    /// <summary>The most rows that are held in memory and permuted.</summary>
    [Option("maximum number of rows held in memory; if there are more, about this many are sampled by a hash", Least = 2, Most = 10_000_000)]
    public int Rows { get; init; } = 100_000;

    /// <summary>Seed of the permutations and of the rows drawn.</summary>
    [Option("seed of the permutations and of the sampled rows", Least = 0)]
    public ulong Seed { get; init; } = 1;

    /// <summary>Columns that are permuted together.</summary>
    [Option("columns to permute together because they are redundant", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Together { get; init; } = [];
}

using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;

namespace GpuCtr.Engine.Commands;

/// <summary>How many values a flag takes.</summary>
internal enum FlagArity
{
    /// <summary>One.</summary>
    One,

    /// <summary>Any number; they go on until the next flag, and commas separate as well.</summary>
    Several,

    /// <summary>None: naming it switches it on.</summary>
    Switch,
}

/// <summary>A flag of a verb.</summary>
/// <param name="Name">With its two dashes.</param>
/// <param name="Value">What stands for its value in the help.</param>
/// <param name="Default">Its default as one would type it; empty = none.</param>
/// <param name="Help">What it does, in a few words.</param>
/// <param name="Arity">How many values it takes.</param>
internal sealed partial record Flag(string Name, string Value, string Default, string Help, FlagArity Arity = FlagArity.One)
{
    /// <summary>The words that its value can be, for completion; empty where any value can be.</summary>
    public IReadOnlyList<string> Choices { get; init; } = Words().IsMatch(Value) ? Value.Split('|') : [];

    /// <summary>Whether its values are names of columns, or begin with one; see <see cref="ColumnNames"/>.</summary>
    public bool TakesColumns { get; init; } = Value.StartsWith("COL", StringComparison.Ordinal);

    /// <summary>Its name in a JSON file.</summary>
    public string Key => Name[2..].Replace('-', '_');

    [GeneratedRegex("^[a-z0-9]+([|][a-z0-9]+)+$")]
    private static partial Regex Words();
}

/// <summary>A verb of the command line.</summary>
/// <param name="Name">What one types.</param>
/// <param name="Summary">What it does, in one line.</param>
/// <param name="TakesShards">Whether it has positional values.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Examples">One or two command lines.</param>
/// <param name="Execute">Runs it.</param>
internal sealed record Verb(
    string Name, string Summary, bool TakesShards, IReadOnlyList<Flag> Flags, IReadOnlyList<string> Examples, Func<FlagValues, Terminal, ExitCode> Execute)
{
    /// <summary>True where the verb without anything prints its help.</summary>
    public bool NeedsArguments => TakesShards;

    /// <summary>What stands for its positional values in the help.</summary>
    public string Values { get; init; } = "SHARDS…";

    /// <summary>The words that a positional value can be, for completion; empty where it is a path.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

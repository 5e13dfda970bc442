using GpuCtr.Data.Options;
using GpuCtr.Engine.Screens;

namespace GpuCtr.Engine.Commands;

/// <summary>What stands behind a verb.</summary>
/// <param name="Values">The positional values: shards, mostly.</param>
/// <param name="Given">What is said of options, by flags or in a file.</param>
/// <param name="Typed">Everything, as typed.</param>
internal sealed record Arguments(IReadOnlyList<string> Values, OptionValues Given, IReadOnlyList<string> Typed);

/// <summary>A verb of the command line. Its flags are the options that a record declares.</summary>
/// <param name="Name">What one types.</param>
/// <param name="Summary">What it does, in one line.</param>
/// <param name="Record">The record.</param>
/// <param name="Examples">Some command lines.</param>
internal abstract record Verb(string Name, string Summary, Type Record, IReadOnlyList<string> Examples)
{
    /// <summary>Its flags, in the order of its help; looked up when they are asked for.</summary>
    public IReadOnlyList<Option> Options => Option.Of(Record);

    /// <summary>What stands for its positional values in help; null where it takes none.</summary>
    public string? Values { get; init; } = "SHARDS…";

    /// <summary>The words that a positional value can be, for completion; none where it is a path.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Runs it.</summary>
    public abstract ExitCode Execute(Arguments arguments, Terminal terminal);
}

/// <summary>A verb with its record of options.</summary>
internal sealed record Verb<TOptions>(string Name, string Summary, IReadOnlyList<string> Examples, Func<TOptions, Arguments, Terminal, ExitCode> Run)
    : Verb(Name, Summary, typeof(TOptions), Examples)
    where TOptions : class, new()
{
    /// <inheritdoc/>
    public override ExitCode Execute(Arguments arguments, Terminal terminal) => Run(arguments.Given.Over(new TOptions()), arguments, terminal);
}

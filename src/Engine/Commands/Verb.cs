using GpuCtr.Data.Options;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Engine.Commands;

/// <summary>The parsed arguments of a verb.</summary>
/// <param name="Values">The positional values, usually shards.</param>
/// <param name="Given">Options given by flags or in a file.</param>
/// <param name="Typed">All arguments as typed.</param>
internal sealed record Arguments(IReadOnlyList<string> Values, OptionValues Given, IReadOnlyList<string> Typed)
{
    /// <summary>The ranks that run this together; null: only this process.</summary>
    public Communicator? Ranks { get; init; }
}

/// <summary>A verb of the command line. Its flags are the options declared by a record.</summary>
/// <param name="Name">Name of the verb.</param>
/// <param name="Summary">What it does, in one line.</param>
/// <param name="Record">The record.</param>
/// <param name="Examples">Some command lines.</param>
internal abstract record Verb(string Name, string Summary, Type Record, IReadOnlyList<string> Examples)
{
    /// <summary>Its flags, in the order of its help; looked up on first use.</summary>
    public IReadOnlyList<Option> Options => Option.Of(Record);

    /// <summary>Placeholder for its positional values in help; null if it takes none.</summary>
    public string? Values { get; init; } = "SHARDS…";

    /// <summary>The allowed words of a positional value, for completion; empty if it is a path.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether several ranks can do it together.</summary>
    public bool WorksOnRanks { get; init; }

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

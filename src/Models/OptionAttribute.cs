using System.Diagnostics.CodeAnalysis;

namespace GpuCtr.Models;

/// <summary>Whether an option may change when a run is resumed.</summary>
public enum OnResume
{
    /// <summary>No: it determines which tensors exist or how values are encoded.</summary>
    Fixed,

    /// <summary>Only if the user accepts it: the run can continue, but its weights will not be bit-identical to those of an uninterrupted run.</summary>
    Accepted,

    /// <summary>Yes: it affects how the run continues, not what it computes.</summary>
    Free,

    /// <summary>It applies to one call only and is not part of the configuration of the run.</summary>
    Momentary,
}

/// <summary>Whether an option may differ from the run whose weights a new run starts with.</summary>
public enum OnWarmStart
{
    /// <summary>No: it determines which tensors exist or what they mean.</summary>
    Fixed,

    /// <summary>Only if nothing but the embeddings is taken over: it concerns the layers above them.</summary>
    AboveEmbeddings,

    /// <summary>Yes.</summary>
    Free,
}

/// <summary>How the text of an option is parsed, if its type does not determine it.</summary>
public enum OptionForm
{
    /// <summary>By its type; commas separate the entries of a list.</summary>
    Plain,

    /// <summary>Paths; commas have no special meaning.</summary>
    Paths,

    /// <summary>Names of columns, in double quotes if they contain a comma or an equals sign.</summary>
    Columns,

    /// <summary>Entries such as COL=VALUE; quotes around names are kept.</summary>
    ColumnRules,
}

/// <summary>Sections of the help, in order. An option without a section belongs to that of the option declared before it.</summary>
public enum OptionSection
{
    /// <summary>The section of the preceding option.</summary>
    Same,

    /// <summary>Which rows are read.</summary>
    Rows,

    /// <summary>The roles of columns.</summary>
    Columns,

    /// <summary>What the model computes.</summary>
    Model,

    /// <summary>Epochs and batches.</summary>
    Steps,

    /// <summary>How gradients become updates.</summary>
    Optimizer,

    /// <summary>Learning rate and its schedule.</summary>
    LearningRate,

    /// <summary>Which weights are updated, and regularization.</summary>
    Updates,

    /// <summary>Which epoch is best, and when training stops.</summary>
    Stopping,

    /// <summary>Random numbers.</summary>
    Seed,

    /// <summary>Device, memory and folders.</summary>
    Machine,

    /// <summary>What is printed.</summary>
    Output,
}

/// <summary>
/// Declares a property as an option: its flag, help, completion, place in config.json, checks, and the rules for resume and
/// warm start follow from this attribute and from the type and initial value of the property.
/// </summary>
/// <param name="help">The help text; <c>{words}</c> is replaced by the allowed words, <c>{readers}</c> by <see cref="ReadBy"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string help) : Attribute
{
    /// <summary>The help text.</summary>
    public string Help { get; } = help;

    /// <summary>Name of the flag without dashes in front; null = derived from the property, as embedding-dim from EmbeddingDim.</summary>
    public string? Name { get; init; }

    /// <summary>Placeholder for the value in help; null = N, X or the allowed words.</summary>
    public string? Value { get; init; }

    /// <summary>
    /// The default in words, if it depends on the model, the variant or the machine; null = the initial value of the property.
    /// <c>{models}</c> is replaced by that value and the models with other defaults: "16; ffm 4".
    /// </summary>
    public string? Default { get; init; }

    /// <summary>Inclusive lower bound. Every number has this or <see cref="Above"/>.</summary>
    public double Least { get; init; } = double.NaN;

    /// <summary>Exclusive lower bound.</summary>
    public double Above { get; init; } = double.NaN;

    /// <summary>Inclusive upper bound.</summary>
    public double Most { get; init; } = double.PositiveInfinity;

    /// <summary>Exclusive upper bound.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>Largest number of entries of a list.</summary>
    public int MostEntries { get; init; } = int.MaxValue;

    /// <summary>The allowed words, as in <c>sum|mean|max</c>; null = those of its enumeration, or any text.</summary>
    public string? Words { get; init; }

    /// <summary>A class whose static property <c>Names</c> lists the allowed words; its <c>FormerNames</c>, if any, maps words of older versions to them.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
    public Type? WordsOf { get; init; }

    /// <summary>The word that means true.</summary>
    public string? True { get; init; }

    /// <summary>Name of the option that sets it for single columns; null: there is none.</summary>
    public string? ForColumns { get; init; }

    /// <summary>Words offered by completion, although others are allowed.</summary>
    public string? Suggestions { get; init; }

    /// <summary>How its text is parsed.</summary>
    public OptionForm Form { get; init; }

    /// <summary>The value consists of several numbers, which may be separate arguments.</summary>
    public bool Several { get; init; }

    /// <summary>Has no flag and does not appear in config.json; only presets and C# programs set it.</summary>
    public bool PresetOnly { get; init; }

    /// <summary>The section that starts with this option.</summary>
    public OptionSection Section { get; init; }

    /// <summary>The models that read it, as in <c>dcn|dcn-v2</c>; null = any. In a run of another model its value has no meaning, so it may differ at a warm start.</summary>
    public string? ReadBy { get; init; }

    /// <summary>Only models that predict clicks read it: a run of a model that predicts items refuses it.</summary>
    public bool ClicksOnly { get; init; }

    /// <summary>Whether it may change when a run is resumed.</summary>
    public OnResume OnResume { get; init; }

    /// <summary>Whether it may differ from the run whose weights are taken over.</summary>
    public OnWarmStart OnWarmStart { get; init; }
}

/// <summary>Marks a property whose type declares options that are options of this type as well.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionsAttribute : Attribute;

/// <summary>A type of option with its own text format: <see cref="object.ToString"/> writes what <see cref="Parse"/> reads.</summary>
public interface IOptionText<out TSelf>
{
    /// <summary>Parses the text.</summary>
    /// <exception cref="FormatException">The text is not valid; the message says what was expected.</exception>
    static abstract TSelf Parse(string text);
}

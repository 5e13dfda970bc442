namespace GpuCtr.Models;

/// <summary>Whether a run that goes on may have another value of an option than it began with.</summary>
public enum OnResume
{
    /// <summary>No: it decides which tensors there are or how values are encoded.</summary>
    Fixed,

    /// <summary>If the user accepts it: the run goes on, though not to the same bits.</summary>
    Accepted,

    /// <summary>Yes: it decides how a run goes on, not what it computes.</summary>
    Free,

    /// <summary>It is about this one call and no part of the run's configuration.</summary>
    Momentary,
}

/// <summary>Whether a run may begin with the weights of one that has another value of an option.</summary>
public enum OnWarmStart
{
    /// <summary>No: it decides which tensors there are or what they mean.</summary>
    Fixed,

    /// <summary>If only the embeddings are taken over: it is about the layers above them.</summary>
    AboveEmbeddings,

    /// <summary>Yes.</summary>
    Free,
}

/// <summary>How the text of an option is read, where its type does not say.</summary>
public enum OptionForm
{
    /// <summary>By its type; commas separate the entries of a list.</summary>
    Plain,

    /// <summary>Paths, in which a comma is a letter like any other.</summary>
    Paths,

    /// <summary>Names of columns, in double quotes where they have commas or equals signs in them.</summary>
    Columns,

    /// <summary>Entries such as COL=VALUE; names keep their quotes.</summary>
    ColumnRules,
}

/// <summary>The order of options in help. An option without a section is in that of the one declared before it.</summary>
public enum OptionSection
{
    /// <summary>That of the option before.</summary>
    Same,

    /// <summary>Which rows are read.</summary>
    Rows,

    /// <summary>What columns are for.</summary>
    Columns,

    /// <summary>What the model computes.</summary>
    Model,

    /// <summary>Epochs and batches.</summary>
    Steps,

    /// <summary>What becomes of a gradient.</summary>
    Optimizer,

    /// <summary>How large a step is.</summary>
    LearningRate,

    /// <summary>Which weights move, and what holds them back.</summary>
    Updates,

    /// <summary>Which epoch is best, and when training stops.</summary>
    Stopping,

    /// <summary>What decides random numbers.</summary>
    Seed,

    /// <summary>Where it runs and where its files are.</summary>
    Machine,

    /// <summary>What is printed.</summary>
    Output,
}

/// <summary>
/// Declares a property as an option, once: its flag, help, completion, place in config.json, the check of its values, and the rules
/// for runs that go on or start warm all follow from this and from the property's type and initial value.
/// </summary>
/// <param name="help">What it does, in a few words; <c>{words}</c> stands for the words that it takes.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string help) : Attribute
{
    /// <summary>What it does, in a few words.</summary>
    public string Help { get; } = help;

    /// <summary>Its name with dashes; null = that of the property, as in embedding-dim of EmbeddingDim.</summary>
    public string? Name { get; init; }

    /// <summary>What stands for its value in help; null = N, X or the words that it takes.</summary>
    public string? Value { get; init; }

    /// <summary>
    /// The default in words, where it depends on the model, the variant or the machine; null = the property's initial value.
    /// <c>{models}</c> stands for that value and the models with another: "16; ffm 4".
    /// </summary>
    public string? Default { get; init; }

    /// <summary>The least number it can be. Every number has one, or <see cref="Above"/>.</summary>
    public double Least { get; init; } = double.NaN;

    /// <summary>A number that it must be larger than.</summary>
    public double Above { get; init; } = double.NaN;

    /// <summary>The largest number it can be.</summary>
    public double Most { get; init; } = double.PositiveInfinity;

    /// <summary>A number that it must be smaller than.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>The most entries of a list.</summary>
    public int MostEntries { get; init; } = int.MaxValue;

    /// <summary>The words that it can be, as in <c>sum|mean|max</c>; null = those of its enumeration, or any text.</summary>
    public string? Words { get; init; }

    /// <summary>A class whose static property <c>Names</c> lists the words that it can be, and whose <c>FormerNames</c>, if it has them, map words of older versions to them.</summary>
    public Type? WordsOf { get; init; }

    /// <summary>The word that means true.</summary>
    public string? True { get; init; }

    /// <summary>Words to complete where others are possible too.</summary>
    public string? Suggestions { get; init; }

    /// <summary>How its text is read.</summary>
    public OptionForm Form { get; init; }

    /// <summary>Its one value consists of several numbers, which may be typed apart.</summary>
    public bool Several { get; init; }

    /// <summary>No flag and no part of config.json's options: presets and C# set it.</summary>
    public bool PresetOnly { get; init; }

    /// <summary>The section that begins with it.</summary>
    public OptionSection Section { get; init; }

    /// <summary>Whether it may change when a run goes on.</summary>
    public OnResume OnResume { get; init; }

    /// <summary>Whether it may differ from the run whose weights are taken over.</summary>
    public OnWarmStart OnWarmStart { get; init; }
}

/// <summary>Says that the options of a property's type are options of this type as well.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionsAttribute : Attribute;

/// <summary>A value of an option that is written as a word of its own: <see cref="object.ToString"/> gives what <see cref="Parse"/> reads.</summary>
public interface IOptionText<out TSelf>
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">It is something else; says what was expected.</exception>
    static abstract TSelf Parse(string text);
}

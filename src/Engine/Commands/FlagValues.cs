using System.Globalization;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The values of all flags, given or default, read with their types; what cannot be read is a usage failure that names the flag.</summary>
internal sealed class FlagValues(Verb verb, IReadOnlyList<string> shards, IReadOnlyDictionary<string, string[]> given, string[] commandLine)
{
    /// <summary>The verb.</summary>
    public string Verb => verb.Name;

    /// <summary>The positional values.</summary>
    public IReadOnlyList<string> Shards => shards;

    /// <summary>What was typed after the verb.</summary>
    public IReadOnlyList<string> Typed => commandLine;

    /// <summary>Whether the flag was typed or stands in the config file.</summary>
    public bool IsGiven(string name) => given.ContainsKey(name);

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string name) => given.TryGetValue(name, out string[]? tokens) && !tokens.Contains("false", StringComparer.OrdinalIgnoreCase);

    /// <summary>The value as typed; empty where there is none.</summary>
    public string Text(string name) => given.TryGetValue(name, out string[]? tokens) ? tokens[^1] : FlagOf(name).Default;

    /// <summary>All values, with commas outside quotes separating as well; names of columns keep their quotes.</summary>
    public IReadOnlyList<string> List(string name) =>
        (given.TryGetValue(name, out string[]? tokens) ? tokens : [FlagOf(name).Default]).SelectMany(ColumnNames.Split).ToArray();

    /// <summary>Names of columns.</summary>
    public IReadOnlyList<string> Columns(string name) => List(name).Select(ColumnNames.Plain).ToArray();

    /// <summary>The name of a column; null where none is given.</summary>
    public string? Column(string name) => IsGiven(name) ? ColumnNames.Plain(Text(name)) : null;

    /// <summary>All values as typed: paths, in which a comma is a letter like any other.</summary>
    public IReadOnlyList<string> Paths(string name) => given.TryGetValue(name, out string[]? tokens) ? tokens : [];

    /// <summary>A whole number.</summary>
    public int Whole(string name, int least, int most = int.MaxValue) => WholeOf(name, Text(name), least, most);

    /// <summary>A whole number of a range.</summary>
    public int Whole(string name, WholeRange range) => Whole(name, range.Least, range.Most);

    /// <summary>Units of layers.</summary>
    public IReadOnlyList<int> Layers(string name) => Wholes(name, ModelLimits.LayerUnits.Least, ModelLimits.LayerUnits.Most) is { Count: <= ModelLimits.MostLayers } units
        ? units
        : throw GpuCtrException.UsageError($"{name}: at most {ModelLimits.MostLayers} layers");

    /// <summary>Several whole numbers.</summary>
    public IReadOnlyList<int> Wholes(string name, int least, int most) => List(name).Select(t => WholeOf(name, t, least, most)).ToArray();

    /// <summary>A number from <paramref name="least"/> on, and below <paramref name="limit"/>.</summary>
    public double Real(string name, double least = 0, double limit = double.PositiveInfinity)
    {
        double value = ToReal(name, Text(name));
        if (value < least || value >= limit)
            throw GpuCtrException.UsageError($"{name} {Text(name)}: expected a number of at least {least}{(double.IsFinite(limit) ? $" and below {limit}" : "")}");
        return value;
    }

    /// <summary>One of a few words.</summary>
    public string Choice(string name, params string[] choices)
    {
        string text = Text(name);
        return choices.Contains(text) ? text : throw GpuCtrException.UsageError($"{name} {text}: not one of {string.Join(", ", choices)}{Spelling.Suggest(text, choices)}");
    }

    /// <summary>One of the words that the flag takes.</summary>
    public string Choice(string name) => Choice(name, [.. FlagOf(name).Choices]);

    /// <summary>Several numbers of at least 0.</summary>
    public IReadOnlyList<double> Reals(string name) => List(name).Select(text => ToReal(name, text) is var value and >= 0
        ? value
        : throw GpuCtrException.UsageError($"{name} {text}: expected a number of at least 0")).ToArray();

    /// <summary>Bytes: 4GB, 512MB or a plain number.</summary>
    public long Bytes(string name)
    {
        string text = Text(name).ToUpperInvariant();
        (string unit, long factor)[] units = [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("TB", 1L << 40), ("", 1)];
        (string suffix, long bytes) = units.First(u => text.EndsWith(u.unit, StringComparison.Ordinal));
        string digits = text[..^suffix.Length].Trim();
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * bytes is > 0 and < long.MaxValue / 2
            ? (long)(count * bytes)
            : throw GpuCtrException.UsageError($"{name} {Text(name)}: expected a size such as 4GB or 512MB");
    }

    /// <summary>Pairs key:factor separated by commas.</summary>
    public IReadOnlyList<(int Key, double Factor)> Pairs(string name) => List(name).Select(text =>
    {
        string[] parts = text.Split(':');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int key) && key > 0 && ToReal(name, parts[1]) is var factor and >= 0
            ? (key, factor)
            : throw GpuCtrException.UsageError($"{name} {text}: expected epoch:factor, such as 3:0.1");
    }).ToArray();

    /// <summary>Every option with its resolved value, for config.json.</summary>
    public JsonObject ToJson()
    {
        JsonObject all = new() { ["shards"] = new JsonArray([.. shards.Select(s => (JsonNode)s)]) };
        // What was meant for one moment is no part of the configuration.
        foreach (Flag flag in verb.Flags.Where(f => f.Name is not ("--overwrite" or "--resume" or "--allow-changed" or "--config")))
        {
            string key = flag.Key;
            if (flag.Arity == FlagArity.Switch)
                all[key] = IsGiven(flag.Name) ? IsOn(flag.Name) : null;
            else if (flag is { Arity: FlagArity.Several, TakesColumns: true })
                all[key] = Names(List(flag.Name));
            else if (flag.Arity == FlagArity.Several)
                all[key] = new JsonArray([.. (given.TryGetValue(flag.Name, out string[]? tokens) ? tokens : [.. List(flag.Name)]).Select(Node)]);
            else
                all[key] = Text(flag.Name).Length == 0 ? null : Node(flag.TakesColumns ? ColumnNames.ToJson(Text(flag.Name)) : Text(flag.Name));
        }

        return all;
    }

    /// <summary>Brings options that an older version wrote, whose lists of columns stand as they were typed, to how they stand now.</summary>
    public void Upgrade(JsonObject options)
    {
        foreach (Flag flag in verb.Flags.Where(f => f is { Arity: FlagArity.Several, TakesColumns: true }))
        {
            if (options[flag.Key] is JsonArray typed)
                options[flag.Key] = Names(typed.SelectMany(t => ColumnNames.Split($"{t}")));
        }
    }

    private static JsonArray Names(IEnumerable<string> entries) => new([.. entries.Select(e => Node(ColumnNames.ToJson(e)))]);

    private static JsonNode Node(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real) ? real : text;

    private static int WholeOf(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw GpuCtrException.UsageError($"{name} {text}: expected a whole number {(most == int.MaxValue ? $"of at least {least}" : $"from {least} to {most}")}");

    private static double ToReal(string name, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw GpuCtrException.UsageError($"{name} {text}: expected a number");

    private Flag FlagOf(string name) => verb.Flags.First(f => f.Name == name);
}

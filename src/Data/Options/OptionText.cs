using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using GpuCtr.Models;

namespace GpuCtr.Data.Options;

/// <summary>Reads and writes values of options, as text on a command line and as JSON.</summary>
internal static class OptionText
{
    /// <summary>Parses the words after a flag, or the value in a JSON file.</summary>
    /// <param name="option">The option.</param>
    /// <param name="words">The words; empty turns a switch on.</param>
    /// <exception cref="GpuCtrException">Usage: an invalid value; the message names the option.</exception>
    public static object Parse(Option option, IReadOnlyList<string> words)
    {
        if (option.IsSwitch)
            return !words.Contains("false", StringComparer.OrdinalIgnoreCase);
        IReadOnlyList<string> entries = option.Declaration.Form == OptionForm.Paths || !option.IsList ? words : [.. words.SelectMany(ColumnNames.Split)];
        object value = option.Entries is { } type ? ListOf(type, entries.Select(e => Entry(option, e)))
            : Entry(option, option.IsList ? string.Join(',', entries) : entries[^1]);
        return OptionCheck.FaultOf(option, value) is { } fault ? throw Refused(option, fault) : value;
    }

    /// <summary>The value as text for a command line; empty if there is none.</summary>
    public static string Of(Option option, object? value) => value is null ? "" : string.Join(',', EntriesOf(option, value).Select(e => Text(option, e)));

    /// <summary>The value as in config.json.</summary>
    public static JsonNode? ToJson(Option option, object? value)
    {
        if (option.Declaration.Several)
            return new JsonArray([.. (value is null ? [] : $"{value}".Split(',')).Select(NumberOrText)]);
        if (option.Entries is not null)
            return new JsonArray([.. (value is null ? [] : EntriesOf(option, value)).Select(e => Node(option, e))]);
        return value is null or "" ? null : Node(option, value);
    }

    private static JsonNode? Node(Option option, object value) => value switch
    {
        int or long or ulong => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        double real => JsonValue.Create(real),
        bool on when option.IsSwitch => on,
        string text when option.Declaration.Form == OptionForm.Columns => ColumnNames.InJson(text),
        string text when option.Declaration.Form == OptionForm.ColumnRules => ColumnNames.ToJson(text),
        string text => text,
        _ when option.Type.IsEnum => Text(option, value),
        _ => NumberOrText(Text(option, value)),
    };

    private static JsonNode NumberOrText(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real) ? real : text;

    private static IEnumerable<object> EntriesOf(Option option, object value) => option.Entries is null ? [value] : ((IEnumerable)value).Cast<object>();

    private static string Text(Option option, object value) => value switch
    {
        bool on when option.IsSwitch => on ? "true" : "false",
        bool on => on == (option.Words[0] == option.Declaration.True) ? option.Words[0] : option.Words[1],
        ' ' => "space",
        '\t' => "tab",
        _ when option.Type.IsEnum => option.Words.First(w => Enum.Parse(option.Type, w.Replace("-", "", StringComparison.Ordinal), ignoreCase: true).Equals(value)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static object Entry(Option option, string text)
    {
        if (option.IsWhole)
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) && OptionCheck.FaultOfEntry(option, whole) is null
                ? Convert.ChangeType(whole, option.Type, CultureInfo.InvariantCulture)
                : throw Refused(option, $"{text}: {OptionCheck.Expected(option)}{WithCommas(option, text)}{ForColumns(option, text)}");
        if (option.IsNumber)
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real) ? real : throw Refused(option, $"{text}: expected a number");
        if (option.FormerWords.TryGetValue(text, out string? word))
            text = word;
        if (option.Words.Count > 0 && !option.Words.Contains(text))
            throw Refused(option, OptionCheck.NotOneOf(text, option.Words));
        if (option.Type == typeof(bool))
            return text == option.Declaration.True;
        if (option.Type.IsEnum)
            return Enum.Parse(option.Type, text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        if (option.Type == typeof(string))
            return option.Declaration.Form == OptionForm.Columns ? ColumnNames.Plain(text) : text;
        try
        {
            return option.Type == typeof(char) ? ListGrammar.ParseSeparator(text)
                : option.Type.GetMethod(nameof(IOptionText<>.Parse), [typeof(string)])!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [text], null)!;
        }
        catch (FormatException e)
        {
            throw Refused(option, $"{text}: {e.Message}");
        }
    }

    /// <summary>The hint for numbers with a wrong separator, as in 400x400; empty for any other text.</summary>
    private static string WithCommas(Option option, string text)
    {
        string[] parts = text.Trim('[', ']', '(', ')').Split(['x', 'X', '×', '*', '-', '/', ';', ':', '+', ' '], StringSplitOptions.RemoveEmptyEntries);
        return option.IsList && parts.Length > 1 && parts.All(p => p.All(char.IsAsciiDigit)) ? $"; write {string.Join(',', parts)}" : "";
    }

    /// <summary>The hint for a value per column, as in 16,item=64, if another option sets it; empty for any other text.</summary>
    private static string ForColumns(Option option, string text)
    {
        ILookup<bool, string> parts = ColumnNames.Split(text).ToLookup(p => p.Contains('=', StringComparison.Ordinal));
        return option.Declaration.ForColumns is { } other && parts.Contains(true)
            ? $"; write {string.Concat(parts[false].Select(p => $"{option.Flag} {p} "))}--{other} {string.Join(',', parts[true])}" : "";
    }

    private static GpuCtrException Refused(Option option, string fault) => GpuCtrException.UsageError($"{option.Flag} {fault}");

    private static Array ListOf(Type type, IEnumerable<object> entries)
    {
        object[] all = [.. entries];
        var list = Array.CreateInstance(type, all.Length);
        all.CopyTo(list, 0);
        return list;
    }
}

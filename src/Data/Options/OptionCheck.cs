using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using GpuCtr.Models;
using static System.FormattableString;

namespace GpuCtr.Data.Options;

/// <summary>Checks the values of options, whether they come from a command line, a program or a checkpoint, which may contain anything.</summary>
internal static class OptionCheck
{
    /// <summary>Refuses the first invalid option, with the same message as for its flag.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void Check(object record)
    {
        foreach (Option option in DeclaredBy(record))
        {
            if (FaultOf(option, option.ValueIn(record)) is { } fault)
                throw GpuCtrException.UsageError($"{(option.Declaration.PresetOnly ? option.Key : option.Flag)} {fault}");
        }
    }

    /// <summary>A message about the first invalid option of a record; null if all are valid.</summary>
    public static string? FaultOf(object record) => DeclaredBy(record)
        .Select(o => FaultOf(o, o.ValueIn(record)) is { } fault ? $"{o.Key} {fault}" : null).FirstOrDefault(f => f is not null);

    /// <summary>The error in a value, phrased to follow the name of its option; null if it is valid.</summary>
    public static string? FaultOf(Option option, object? value)
    {
        if (value is null)
            return null;
        if (option.Entries is null)
            return FaultOfEntry(option, value);
        object[] entries = [.. ((IEnumerable)value).Cast<object>()];
        return entries.Length > option.Declaration.MostEntries ? $"has {entries.Length} entries, at most {option.Declaration.MostEntries} can be"
            : entries.Select(e => FaultOfEntry(option, e)).FirstOrDefault(f => f is not null);
    }

    /// <summary>The allowed range of an option, in words.</summary>
    public static string Expected(Option option)
    {
        (double least, double above, double most, double below) = (option.Declaration.Least, option.Declaration.Above, option.Declaration.Most, option.Declaration.Below);
        if (option.IsWhole)
            return Invariant($"expected a whole number {(double.IsFinite(most) ? $"from {least} to {most}" : $"of at least {least}")}");
        string from = double.IsNaN(above) ? Invariant($"of at least {least}") : Invariant($"above {above}");
        return $"expected a number {from}{(double.IsFinite(below) ? Invariant($" and below {below}") : double.IsFinite(most) ? Invariant($" and at most {most}") : "")}";
    }

    /// <summary>A message that a text is not one of the allowed words, with a suggestion.</summary>
    public static string NotOneOf(string text, IReadOnlyList<string> words) => $"{text}: not one of {string.Join(", ", words)}{Spelling.Suggest(text, words)}";

    /// <summary>The error in one entry of a list; null if it is valid.</summary>
    public static string? FaultOfEntry(Option option, object value)
    {
        if (option.IsNumber)
            return IsInRange(option, Convert.ToDouble(value, CultureInfo.InvariantCulture)) ? null : Invariant($"{value}: {Expected(option)}");
        if (value is Enum word)
            return Enum.IsDefined(option.Type, word) ? null : NotOneOf($"{word}", option.Words);
        if (value is string text)
            return option.Words.Count == 0 || option.Words.Contains(text) ? null : NotOneOf(text, option.Words);
        return value.GetType().IsPrimitive ? null : FaultOf(value) is { } part ? $"with {part}" : null;
    }

    /// <summary>The options of a record. Those of a model, which are checked wherever a model is loaded, are kept in programs that are trimmed.</summary>
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(ModelOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(ColumnWidth))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(DiceForm))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(FtrlOptions))]
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The properties of these types are kept; a test finds a type that is missing here. Other records are checked only by the command.")]
    private static IReadOnlyList<Option> DeclaredBy(object record) => Option.DeclaredBy(record.GetType());

    private static bool IsInRange(Option option, double number) =>
        double.IsFinite(number) && !(number < option.Declaration.Least) && !(number <= option.Declaration.Above) && number < option.Declaration.Below
        && number <= Math.Min(option.Declaration.Most, option.IsWhole ? int.MaxValue : double.MaxValue);
}

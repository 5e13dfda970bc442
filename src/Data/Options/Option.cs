using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using GpuCtr.Models;

namespace GpuCtr.Data.Options;

/// <summary>A property with its <see cref="OptionAttribute"/>, as flags, help, config.json and checks need it.</summary>
internal sealed class Option
{
    private const BindingFlags Static = BindingFlags.Public | BindingFlags.Static;

    private static readonly ConcurrentDictionary<Type, Option[]> declared = [], known = [];
    private static readonly ConcurrentDictionary<Type, object> initial = [];

    private readonly PropertyInfo property;

    private Option(PropertyInfo property, OptionAttribute declaration)
    {
        (this.property, Declaration) = (property, declaration);
        Name = declaration.Name ?? WithDashes(property.Name);
        Entries = EntryType(property.PropertyType);
        Type = Entries ?? Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        FormerWords = declaration.WordsOf?.GetProperty("FormerNames", Static)?.GetValue(null) as IReadOnlyDictionary<string, string> ?? new Dictionary<string, string>();
        Words = declaration.WordsOf?.GetProperty("Names", Static)!.GetValue(null) is IEnumerable<string> names ? [.. names]
            : declaration.Words?.Split('|') ?? (Type.IsEnum ? [.. Enum.GetNames(Type).Select(n => n.ToLowerInvariant())] : []);
    }

    /// <summary>The attribute.</summary>
    public OptionAttribute Declaration { get; }

    /// <summary>Its name with dashes: embedding-dim.</summary>
    public string Name { get; }

    /// <summary>Name of its property.</summary>
    public string Property => property.Name;

    /// <summary>The flag: --embedding-dim.</summary>
    public string Flag => $"--{Name}";

    /// <summary>Its name in JSON: embedding_dim.</summary>
    public string Key => Name.Replace('-', '_');

    /// <summary>Its type, or that of its entries.</summary>
    public Type Type { get; }

    /// <summary>The type of its entries; null if it is not a list.</summary>
    public Type? Entries { get; }

    /// <summary>The allowed words; empty if it is not a word or may be any word.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Maps words of older versions, which are still accepted, to today's.</summary>
    public IReadOnlyDictionary<string, string> FormerWords { get; }

    /// <summary>Whether it is a switch: the flag alone turns it on.</summary>
    public bool IsSwitch => Type == typeof(bool) && Words.Count == 0;

    /// <summary>Whether it takes several values.</summary>
    public bool IsList => Entries is not null || Declaration.Several;

    /// <summary>Whether it is a number or a list of numbers.</summary>
    public bool IsNumber => IsWhole || Type == typeof(double);

    /// <summary>Whether these numbers are integers.</summary>
    public bool IsWhole => Type == typeof(int) || Type == typeof(long) || Type == typeof(ulong);

    /// <summary>Whether its values are names of columns or start with one.</summary>
    public bool TakesColumns => Declaration.Form is OptionForm.Columns or OptionForm.ColumnRules;

    /// <summary>The models that read it; empty if any does.</summary>
    public IReadOnlyList<string> Readers => Declaration.ReadBy?.Split('|') ?? [];

    /// <summary>Whether its value means something to a model.</summary>
    public bool IsReadBy(string model) => (Readers.Count == 0 || Readers.Contains(model)) && !(Declaration.ClicksOnly && ModelCatalog.Of(model).PredictsItems);

    /// <summary>Whether its default is the same for all models and variants.</summary>
    public bool HasDefault => Declaration.Default is null && !IsSwitch;

    /// <summary>Its default.</summary>
    public object? Default => ValueIn(initial.GetOrAdd(property.DeclaringType!, type => Activator.CreateInstance(type)!));

    /// <summary>Its value in a record of the declaring type.</summary>
    public object? ValueIn(object record) => property.GetValue(record);

    /// <summary>Sets it in a new record, before anything else has a reference to that record.</summary>
    public void SetIn(object record, object? value) => property.SetValue(record, value);

    /// <summary>A value that differs from the given one, not necessarily valid; the same value if none is known.</summary>
    public object? AnotherValue(object? value) => Entries is { } entries
        ? value is IList { Count: > 0 } list ? Repeated(list, entries) : value
        : value switch
        {
            bool on => !on,
            Enum => Enum.GetValues(Type).Cast<object>().FirstOrDefault(v => !v.Equals(value), value),
            string word when Words.Count > 0 => Words.FirstOrDefault(w => w != word, word),
            string text => $"{text} ",
            null when Type == typeof(string) => Words.Count > 0 ? Words[0] : " ",
            null when IsNumber => Convert.ChangeType(1, Type, CultureInfo.InvariantCulture),
            not null when IsNumber => Convert.ChangeType(Convert.ToDouble(value, CultureInfo.InvariantCulture) + 1, Type, CultureInfo.InvariantCulture),
            _ => value,
        };

    /// <summary>Whether a record declares it itself, rather than a record nested in it.</summary>
    public bool IsOf(Type record) => property.DeclaringType == record;

    /// <summary>The options of a type that users can set, including those of nested types, in the order of help.</summary>
    public static IReadOnlyList<Option> Of(Type record) => known.GetOrAdd(record, type =>
    {
        // Plain lists: other ways to sort would be compiled at every start.
        var sections = new List<Option>?[(int)OptionSection.Output + 1];
        int section = 0;
        foreach (Option option in Flattened(type))
        {
            if (option.Declaration.Section != OptionSection.Same)
                section = (int)option.Declaration.Section;
            if (!option.Declaration.PresetOnly)
                (sections[section] ??= []).Add(option);
        }

        return [.. sections.SelectMany(options => options ?? [])];
    });

    /// <summary>All options that a type declares itself, including those only for presets.</summary>
    public static IReadOnlyList<Option> DeclaredBy([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type record) => declared.TryGetValue(record, out Option[]? known)
        ? known
        : declared.GetOrAdd(record, [.. record.GetProperties().Select(p => p.GetCustomAttribute<OptionAttribute>() is { } declaration ? new Option(p, declaration) : null).OfType<Option>()]);

    /// <summary>The properties of a type whose types declare options that belong to it as well.</summary>
    public static IEnumerable<PropertyInfo> Parts(Type record) => record.GetProperties().Where(p => p.IsDefined(typeof(OptionsAttribute)));

    /// <summary>The type that declares the nested options; if the property is a function from defaults to options, its result.</summary>
    public static Type PartType(PropertyInfo part) => part.PropertyType.IsGenericType ? part.PropertyType.GetGenericArguments()[0] : part.PropertyType;

    /// <inheritdoc/>
    public override string ToString() => Flag;

    private static IEnumerable<Option> Flattened(Type record)
    {
        IReadOnlyList<Option> own = DeclaredBy(record);
        int next = 0;
        foreach (PropertyInfo property in record.GetProperties())
        {
            if (next < own.Count && own[next].property == property)
            {
                yield return own[next++];
            }
            else if (property.IsDefined(typeof(OptionsAttribute)))
            {
                foreach (Option option in Flattened(PartType(property)))
                    yield return option;
            }
        }
    }

    /// <summary>EmbeddingDim → embedding-dim.</summary>
    private static string WithDashes(string name) => string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) ? $"{(i > 0 ? "-" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));

    private static Array Repeated(IList list, Type entries)
    {
        var longer = Array.CreateInstance(entries, list.Count + 1);
        list.CopyTo(longer, 0);
        longer.SetValue(list[0], list.Count);
        return longer;
    }

    private static Type? EntryType(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
}

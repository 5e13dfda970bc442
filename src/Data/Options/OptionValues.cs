using System.Reflection;
using System.Text.Json.Nodes;

namespace GpuCtr.Data.Options;

/// <summary>The options that were given explicitly, by flags, a file or a program; all others keep their defaults.</summary>
/// <param name="given">Values by the names of options.</param>
internal sealed class OptionValues(IReadOnlyDictionary<string, object?> given)
{
    private static readonly MethodInfo copy = typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>No option was given.</summary>
    public static OptionValues None { get; } = new(new Dictionary<string, object?>());

    /// <summary>Whether an option was given.</summary>
    public bool IsGiven(Option option) => given.ContainsKey(option.Name);

    /// <summary>The values by the names of their options.</summary>
    public IReadOnlyDictionary<string, object?> ByName => given;

    /// <summary>These values without those of some options.</summary>
    public OptionValues Without(params IEnumerable<string> names) => new(given.ExceptBy(names, v => v.Key).ToDictionary());

    /// <summary>These values, completed by other values for options that are not given here.</summary>
    public OptionValues Over(OptionValues other)
    {
        Dictionary<string, object?> all = new(other.ByName);
        foreach ((string name, object? value) in given)
            all[name] = value;
        return new OptionValues(all);
    }

    /// <summary>A record with these values; all other properties are unchanged.</summary>
    public T Over<T>(T record) where T : class => (T)Over((object)record);

    /// <summary>The options given by a program: those whose values in a record and in the records nested in it differ from the initial ones.</summary>
    /// <remarks>For a function from defaults to options, all options that it sets are given, even if set to their default.</remarks>
    public static OptionValues Of(object record, object initially)
    {
        Type type = record.GetType();
        OptionValues own = Changed(type, record, initially);
        return Option.Parts(type).Aggregate(own, (given, part) => given.Over(
            part.GetValue(record) is Delegate function ? SetBy(function, Option.PartType(part)) : Of(part.GetValue(record)!, part.GetValue(initially)!)));
    }

    private static OptionValues Changed(Type type, object record, object initially) => new(Option.Of(type)
        .Where(o => o.IsOf(type) && !SameIn(o, record, initially))
        .ToDictionary(o => o.Name, o => o.ValueIn(record)));

    /// <summary>The options that a function sets: values that it changes, and values that do not depend on its argument.</summary>
    private static OptionValues SetBy(Delegate function, Type type)
    {
        object before = Activator.CreateInstance(type)!, other = copy.Invoke(before, null)!;
        foreach (Option option in Option.DeclaredBy(type))
            option.SetIn(other, option.AnotherValue(option.ValueIn(before)));
        object After(object own) => function.Method.Invoke(function.Target, BindingFlags.DoNotWrapExceptions, null, [own], null)!;
        object after = After(before), otherAfter = After(other);
        return new(Option.Of(type)
            .Where(o => o.IsOf(type) && (!SameIn(o, after, before) || (!SameIn(o, before, other) && SameIn(o, after, otherAfter))))
            .ToDictionary(o => o.Name, o => o.ValueIn(after)));
    }

    private static bool SameIn(Option o, object a, object b) => JsonNode.DeepEquals(OptionText.ToJson(o, o.ValueIn(a)), OptionText.ToJson(o, o.ValueIn(b)));

    /// <summary>The value of an option for config.json: the given one, else the resolved one if the option has one default, else null.</summary>
    /// <param name="option">The option.</param>
    /// <param name="resolved">Its resolved value.</param>
    public JsonNode? ToJson(Option option, object? resolved) => OptionText.ToJson(option, given.TryGetValue(option.Name, out object? value) ? value : option.HasDefault ? resolved : null);

    private object Over(object record)
    {
        Type type = record.GetType();
        object changed = copy.Invoke(record, null)!;
        foreach (Option option in Option.Of(type).Where(o => o.IsOf(type) && IsGiven(o)))
            option.SetIn(changed, given[option.Name]);
        foreach (PropertyInfo part in Option.Parts(type))
            part.SetValue(changed, OverPart(part, part.GetValue(record)!));
        return changed;
    }

    /// <summary>If the nested options are a function, the given values are applied to its result.</summary>
    private object OverPart(PropertyInfo part, object value) => value is Delegate
        ? typeof(OptionValues).GetMethod(nameof(After), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(Option.PartType(part)).Invoke(this, [value])!
        : Over(value);

    private Func<T, T> After<T>(Func<T, T> first) where T : class => own => Over(first(own));
}

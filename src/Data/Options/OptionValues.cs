using System.Reflection;
using System.Text.Json.Nodes;

namespace GpuCtr.Data.Options;

/// <summary>What was said of options, by flags, a file or a program; what nobody said is not in it, and overrides nothing.</summary>
/// <param name="given">Values by the names of options.</param>
internal sealed class OptionValues(IReadOnlyDictionary<string, object?> given)
{
    private static readonly MethodInfo copy = typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>Nothing was said.</summary>
    public static OptionValues None { get; } = new(new Dictionary<string, object?>());

    /// <summary>Whether something was said of an option.</summary>
    public bool IsGiven(Option option) => given.ContainsKey(option.Name);

    /// <summary>What was said, and of what was not what is said elsewhere.</summary>
    public OptionValues Over(OptionValues other)
    {
        Dictionary<string, object?> all = new(other.Given);
        foreach ((string name, object? value) in given)
            all[name] = value;
        return new OptionValues(all);
    }

    /// <summary>A record with what was said of its options; all else is as it was.</summary>
    public T Over<T>(T record) where T : class => (T)Over((object)record);

    /// <summary>What a program says: the options of a record that are not as they are at first.</summary>
    public static OptionValues Of(object record, object initially) => new(Option.Of(record.GetType())
        .Where(o => o.IsOf(record.GetType()) && !JsonNode.DeepEquals(OptionText.ToJson(o, o.ValueIn(record)), OptionText.ToJson(o, o.ValueIn(initially))))
        .ToDictionary(o => o.Name, o => o.ValueIn(record)));

    /// <summary>An option for config.json: what was said of it, else its value where that has one default, else null.</summary>
    /// <param name="option">The option.</param>
    /// <param name="resolved">The value that it has.</param>
    public JsonNode? ToJson(Option option, object? resolved) => OptionText.ToJson(option, given.TryGetValue(option.Name, out object? value) ? value : option.HasDefault ? resolved : null);

    private IReadOnlyDictionary<string, object?> Given => given;

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

    /// <summary>A part that follows from others is a function; what was said comes after it.</summary>
    private object OverPart(PropertyInfo part, object value) => value is Delegate
        ? typeof(OptionValues).GetMethod(nameof(After), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(Option.PartType(part)).Invoke(this, [value])!
        : Over(value);

    private Func<T, T> After<T>(Func<T, T> first) where T : class => own => Over(first(own));
}

using ParquetSharp;
using ParquetSharp.Schema;

namespace GpuCtr.Tests;

/// <summary>How a column is nested: which schema it has, and which levels its rows.</summary>
/// <param name="Name">Part of the column name.</param>
/// <param name="IsList">Whether a row is a list.</param>
/// <param name="HasNulls">Whether rows, and the elements of lists, may be null.</param>
/// <param name="Value">Definition level of a value.</param>
/// <param name="Empty">Definition level of an empty list.</param>
/// <param name="Node">The column from its name and its leaf, whose name and repetition it says.</param>
internal sealed record StoredForm(string Name, bool IsList, bool HasNulls, short Value, short Empty, Func<string, Func<string, Repetition, Node>, Node> Node)
{
    /// <summary>Flat columns and lists as writers of all times have them.</summary>
    public static StoredForm[] All { get; } =
    [
        new("required", false, false, 0, 0, (name, leaf) => leaf(name, Repetition.Required)),
        new("nullable", false, true, 1, 0, (name, leaf) => leaf(name, Repetition.Optional)),
        new("list", true, true, 3, 1, (name, leaf) => List(name, Repetition.Optional, new GroupNode("list", Repetition.Repeated, [leaf("element", Repetition.Optional)]))),
        new("full_list", true, false, 1, 0, (name, leaf) => List(name, Repetition.Required, new GroupNode("list", Repetition.Repeated, [leaf("element", Repetition.Required)]))),
        new("two_levels", true, false, 2, 1, (name, leaf) => List(name, Repetition.Optional, leaf("array", Repetition.Repeated))),
        new("bare", true, false, 1, 0, (name, leaf) => leaf(name, Repetition.Repeated)),
    ];

    /// <summary>A row: a value, null, or an array of them.</summary>
    public object? Row(Random random, Func<Random, object> value)
    {
        object? One() => HasNulls && random.Next(4) == 0 ? null : value(random);
        return !IsList ? One() : HasNulls && random.Next(6) == 0 ? null : (object)Enumerable.Range(0, Math.Max(0, random.Next(7) - 1)).Select(_ => One()).ToArray();
    }

    /// <summary>A row as <see cref="SecondReader"/> spells it.</summary>
    public string Text(object? row, Func<object, string> text)
    {
        string One(object? value) => value is null ? "null" : text(value);
        return IsList ? $"[{string.Join(",", ((object?[]?)row ?? []).Select(One))}]" : One(row);
    }

    /// <summary>Definition and repetition levels of rows, and their values without nulls.</summary>
    public (short[] Definition, short[] Repetition, object[] Values) Levels(IEnumerable<object?> rows)
    {
        List<short> definition = [], repetition = [];
        List<object> values = [];
        void Add(object? value, int again)
        {
            definition.Add(value is null ? (short)(Value - 1) : Value);
            repetition.Add((short)again);
            if (value is not null)
                values.Add(value);
        }

        foreach (object? row in rows)
        {
            object?[]? list = row as object?[];
            if (!IsList)
            {
                Add(row, 0);
            }
            else if (list is null or [])
            {
                definition.Add(list is null ? (short)0 : Empty);
                repetition.Add(0);
            }

            for (int i = 0; IsList && i < list?.Length; i++)
                Add(list[i], Math.Min(i, 1));
        }

        return ([.. definition], [.. repetition], [.. values]);
    }

    private static GroupNode List(string name, Repetition repetition, Node inner) => new(name, repetition, [inner], LogicalType.List());
}

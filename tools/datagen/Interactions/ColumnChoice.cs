namespace GpuCtr.Datagen;

/// <summary>The columns that the user names: <c>user=uid,item=2,time=ts,category=cate</c>, by header or by place from 1.</summary>
public sealed class ColumnChoice
{
    private readonly Dictionary<ColumnRole, string> _names;

    private ColumnChoice(Dictionary<ColumnRole, string> names) => _names = names;

    /// <summary>Nothing is named.</summary>
    public static ColumnChoice None { get; } = new([]);

    /// <summary>Whether nothing is named.</summary>
    public bool IsEmpty => _names.Count == 0;

    /// <summary>Whether a column is named by its header, so that there has to be one.</summary>
    public bool HasNames => _names.Values.Any(name => !int.TryParse(name, out _));

    /// <summary>Parses the text of <c>--columns</c>.</summary>
    /// <exception cref="UsageException">It is no such text.</exception>
    public static ColumnChoice Parse(string text)
    {
        var names = new Dictionary<ColumnRole, string>();
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = part.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || sides[1].Length == 0 || int.TryParse(sides[0], out _) || !Enum.TryParse(sides[0], ignoreCase: true, out ColumnRole role))
                throw new UsageException($"--columns {part}: expected user=NAME, item=NAME, time=NAME or category=NAME");
            if (!names.TryAdd(role, sides[1]))
                throw new UsageException($"--columns names {sides[0]} twice");
        }
        return new ColumnChoice(names);
    }

    /// <summary>The choice for some of the roles.</summary>
    public ColumnChoice Only(params ColumnRole[] roles) =>
        new(_names.Where(name => roles.Contains(name.Key)).ToDictionary(name => name.Key, name => name.Value));

    /// <summary>The choice for all roles but one.</summary>
    public ColumnChoice Without(ColumnRole role) =>
        new(_names.Where(name => name.Key != role).ToDictionary(name => name.Key, name => name.Value));

    /// <summary>Index, from 0, of the column chosen for a role; null if there is none.</summary>
    /// <exception cref="UsageException">The first line has no such column.</exception>
    public int? Place(ColumnRole role, string[] firstLine, string path)
    {
        if (!_names.TryGetValue(role, out string? name))
            return null;
        int place = int.TryParse(name, out int number)
            ? number - 1
            : Array.FindIndex(firstLine, header => ColumnNames.Untyped(header).Equals(ColumnNames.Untyped(name), StringComparison.OrdinalIgnoreCase));
        if (place < 0 || place >= firstLine.Length)
            throw new UsageException($"{path} has no column {name}; its first line is {Quote.Of(string.Join(' ', firstLine))}");
        return place;
    }
}

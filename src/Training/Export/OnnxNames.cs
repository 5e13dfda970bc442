using GpuCtr.Data.Features;

namespace GpuCtr.Training.Export;

/// <summary>Inputs and outputs that are renamed because a column has the usual name or ONNX does not allow it.</summary>
/// <param name="Columns">By column, the name of its input.</param>
/// <param name="Masks">By list column, the name of its mask.</param>
/// <param name="Outputs">By usual name, the name of the output.</param>
public sealed record RenamedParts(Dictionary<string, string> Columns, Dictionary<string, string> Masks, Dictionary<string, string> Outputs)
{
    /// <summary>Whether there are any.</summary>
    public bool Any => Columns.Count + Masks.Count + Outputs.Count > 0;
}

/// <summary>The names in a graph: inputs, weights, nodes and outputs share one namespace. Columns keep their names; everything else gets another name if its usual one is taken.</summary>
internal sealed class OnnxNames
{
    private readonly UniqueNames names = new([]);

    /// <summary>Everything that was renamed.</summary>
    public RenamedParts Renamed { get; } = new([], [], []);

    /// <summary>Reserves the names of all columns of a model; names that ONNX does not allow come last.</summary>
    /// <param name="all">The columns.</param>
    /// <param name="prefix">What their names begin with.</param>
    /// <returns>By column, the name of its input.</returns>
    public Dictionary<string, string> Take(IEnumerable<string> all, string prefix)
    {
        Dictionary<string, string> columns = new(StringComparer.Ordinal);
        foreach (string column in all.OrderBy(c => Spell(c) == c ? 0 : 1))
            columns.Add(column, Take(prefix + column, prefix + column, Renamed.Columns));
        return columns;
    }

    /// <summary>A name for the mask of a list column.</summary>
    public string Mask(string list) => Take($"{list}_mask", list, Renamed.Masks);

    /// <summary>A name for an output.</summary>
    public string Output(string name) => Take(name, name, Renamed.Outputs);

    /// <summary>A name for an inner node or weight.</summary>
    public string Inner(string name) => names.Of(name);

    private string Take(string usual, string key, Dictionary<string, string> renamed)
    {
        string taken = names.Of(Spell(usual));
        if (taken != usual)
            renamed[key] = taken;
        return taken;
    }

    /// <summary>Replaces what ONNX does not allow: an empty name means "no value", and runtimes end a name at a zero character.</summary>
    private static string Spell(string name) => name.Length == 0 ? "unnamed" : name.Replace('\0', '_');
}

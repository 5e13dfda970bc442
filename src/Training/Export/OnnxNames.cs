using GpuCtr.Data.Features;

namespace GpuCtr.Training.Export;

/// <summary>Inputs and outputs that are not called as usual, since a column has that name or ONNX cannot have it.</summary>
/// <param name="Columns">By column, the name of its input.</param>
/// <param name="Masks">By list column, the name of its mask.</param>
/// <param name="Outputs">By usual name, the name of the output.</param>
internal sealed record RenamedParts(Dictionary<string, string> Columns, Dictionary<string, string> Masks, Dictionary<string, string> Outputs)
{
    /// <summary>Whether there are some.</summary>
    public bool Any => Columns.Count + Masks.Count + Outputs.Count > 0;
}

/// <summary>The names in a graph, where inputs, weights, nodes and outputs share one space. Columns come first and keep theirs; what else wants one of them gets another.</summary>
internal sealed class OnnxNames
{
    private readonly UniqueNames names = new([]);
    private readonly Dictionary<string, string> columns = new(StringComparer.Ordinal);

    /// <summary>What is not called as usual.</summary>
    public RenamedParts Renamed { get; } = new([], [], []);

    /// <summary>Takes the names of all columns; those that ONNX cannot have come last.</summary>
    public void Take(IEnumerable<string> all)
    {
        foreach (string column in all.OrderBy(c => Spell(c) == c ? 0 : 1))
            columns.Add(column, Take(column, column, Renamed.Columns));
    }

    /// <summary>The input of a column.</summary>
    public string Column(string column) => columns[column];

    /// <summary>A name for the mask of a list column.</summary>
    public string Mask(string list) => Take($"{list}_mask", list, Renamed.Masks);

    /// <summary>A name for an output.</summary>
    public string Output(string name) => Take(name, name, Renamed.Outputs);

    /// <summary>A name for what is inside.</summary>
    public string Inner(string name) => names.Of(name);

    private string Take(string usual, string key, Dictionary<string, string> renamed)
    {
        string taken = names.Of(Spell(usual));
        if (taken != usual)
            renamed.Add(key, taken);
        return taken;
    }

    /// <summary>No name means no value, and runtimes end a name at a zero.</summary>
    private static string Spell(string name) => name.Length == 0 ? "unnamed" : name.Replace('\0', '_');
}

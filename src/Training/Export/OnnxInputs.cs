using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Export;

/// <summary>The inputs of an exported model, one for each column, and the table rows that ops read of them.</summary>
/// <remarks>
/// Categorical: int64 (B) row number within the column's vocabulary. Numeric: float (B), transformed. List: int64 (B, T) row numbers,
/// padded anywhere, with a mask bool (B, T), true at valid positions, which the histories of one group share.
/// </remarks>
internal sealed class OnnxInputs
{
    private readonly OnnxGraph g;
    private readonly FeatureSpec spec;
    private readonly string[] rows, masks;

    public OnnxInputs(OnnxGraph g, FeatureSpec spec)
    {
        (this.g, this.spec) = (g, spec);
        g.Names.Take([.. spec.Categorical.Select(c => c.Name), .. spec.Numeric, .. spec.Sequences.Select(s => s.Name)]);
        int[] offsets = spec.Offsets();
        string[] fields = [.. spec.Categorical.Select(c => Column(g.Node("Add", g.Input(g.Names.Column(c.Name), OnnxType.Int64, "B"), g.Integers(offsets[c.Vocabulary]))))];
        Rows = fields.Length == 0 ? null : g.Node("Concat", [("axis", 1)], fields);
        string[] numbers = [.. spec.Numeric.Select(n => Column(g.Input(g.Names.Column(n), OnnxType.Float, "B")))];
        Numeric = numbers.Length == 0 ? null : g.Node("Concat", [("axis", 1)], numbers);
        masks = Masks();
        rows = [.. spec.Sequences.Select((s, i) => ListRows(s, i, offsets[s.Vocabulary]))];
    }

    /// <summary>(B, F) table rows; null without categorical fields.</summary>
    public string? Rows { get; }

    /// <summary>(B, N); null without numeric fields.</summary>
    public string? Numeric { get; }

    /// <summary>(B, T) table rows of a list column, those of padding where the mask is false.</summary>
    public string ListRows(int sequence) => rows[sequence];

    /// <summary>(B, T, 1) bool: the positions that take part.</summary>
    public string Mask(int sequence) => masks[sequence];

    private string Column(string value) => g.Node("Unsqueeze", value, g.Integers(1));

    private string Length(SequenceField s) => s.Role == SequenceRole.History ? $"T{s.Group}" : $"T_{s.Name}";

    private string[] Masks()
    {
        Dictionary<string, string> byList = [];
        return [.. spec.Sequences.Select(s =>
        {
            string list = s.Role == SequenceRole.History ? spec.Group(s.Group).First().Name : s.Name;
            if (!byList.TryGetValue(list, out string? mask))
                byList.Add(list, mask = g.Node("Unsqueeze", g.Input(g.Names.Mask(list), OnnxType.Bool, "B", Width(s)), g.Integers(2)));
            return mask;
        })];
    }

    /// <summary>Where padding takes part, its length is that of training.</summary>
    private OnnxDim Width(SequenceField s) => spec.PadHistories && s.Role == SequenceRole.History ? s.MaxLength : Length(s);

    private string ListRows(SequenceField s, int index, int offset)
    {
        string ids = g.Input(g.Names.Column(s.Name), OnnxType.Int64, "B", Width(s)), valid = g.Node("Squeeze", masks[index], g.Integers(2));
        string list = g.Node("Add", g.Node("Where", valid, ids, g.Integers(0)), g.Integers(offset));
        if (spec.PadHistories && s.Role == SequenceRole.History)
            masks[index] = g.Node("Or", masks[index], g.Node("Not", masks[index]));
        return list;
    }
}

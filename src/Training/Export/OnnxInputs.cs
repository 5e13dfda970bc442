using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Export;

/// <summary>The inputs of an exported model, one per column, and the table rows computed from them.</summary>
/// <remarks>
/// Categorical: int64 (B) row number within the column's vocabulary. Numeric: float (B), transformed. Vector: float (B, W), transformed; an indicator of missing vectors is a number behind it. List: int64 (B, T) row numbers,
/// padded anywhere, with a mask bool (B, T), true at entries, which the histories of a behaviour group share.
/// </remarks>
internal sealed class OnnxInputs(OnnxGraph g, FeatureSpec spec, IReadOnlyList<VectorColumn> vectors)
{
    /// <summary>Declares them, and tells the graph which inputs of the model they are.</summary>
    public void Declare(FrozenModel model)
    {
        string[] scalars = [.. spec.Numeric.SkipLast(spec.VectorNumbers)];
        g.Names.Take([.. spec.Categorical.Select(c => c.Name), .. scalars, .. vectors.Select(v => v.Column), .. vectors.Where(v => v.Missing).Select(Indicator), .. spec.Sequences.Select(s => s.Name)]);
        // A column of which an id has several vectors is one input.
        FeatureSpec byVector = spec.ByVector();
        int[] offsets = byVector.Offsets();
        string[] columns = [.. spec.Categorical.Select(c => g.Input(g.Names.Column(c.Name), OnnxType.Int64, "B"))];
        string[] fields = [.. byVector.Categorical.Select((c, f) => Column(g.Node("Add", columns[c.Of < 0 ? f : c.Of], g.Integers(offsets[c.Vocabulary]))))];
        g.FieldRows = fields.Length == 0 ? null : g.Node("Concat", ("axis", 1), fields);
        string Number(string name) => Column(g.Input(g.Names.Column(name), OnnxType.Float, "B"));
        string[] numbers = [.. scalars.Select(Number), .. vectors.SelectMany(v => (IEnumerable<string>)[g.Input(g.Names.Column(v.Column), OnnxType.Float, "B", v.Means.Length), .. v.Missing ? [Number(Indicator(v))] : Array.Empty<string>()])];
        if (numbers.Length > 0)
            g[model.Inputs.Numeric] = g.Node("Concat", ("axis", 1), numbers);
        string[] masks = Masks(), lists = [.. spec.Sequences.Select((s, i) => ListIds(s, masks[i]))];
        masks = [.. spec.Sequences.Select((s, i) => PaddingTakesPart(s) ? g.Node("Or", masks[i], g.Node("Not", masks[i])) : masks[i])];
        for (int i = 0; i < byVector.Sequences.Count; i++)
        {
            SequenceField s = byVector.Sequences[i];
            int column = s.Of < 0 ? i : s.Of;
            g.AddList(ModelInputs.SequenceBase(byVector, model.BatchSize, i), g.Node("Add", lists[column], g.Integers(offsets[s.Vocabulary])), masks[column]);
        }
    }

    /// <summary>The name of the last number of a vector column.</summary>
    private string Indicator(VectorColumn vector) => spec.Numeric[spec.N - spec.VectorNumbers + vectors.TakeWhile(v => v != vector).Sum(v => v.Count()) + vector.Means.Length];

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

    private bool PaddingTakesPart(SequenceField s) => spec.PadHistories && s.Role == SequenceRole.History;

    /// <summary>The length of a list: fixed to that of training if padding takes part, else variable.</summary>
    private OnnxDim Width(SequenceField s) => PaddingTakesPart(s) ? s.MaxLength : Length(s);

    /// <summary>Ids, of padding where the mask is false.</summary>
    private string ListIds(SequenceField s, string mask)
    {
        string ids = g.Input(g.Names.Column(s.Name), OnnxType.Int64, "B", Width(s)), valid = g.Node("Squeeze", mask, g.Integers(2));
        return g.Node("Where", valid, ids, g.Integers(0));
    }
}

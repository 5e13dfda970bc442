using GpuCtr.Data.Features;
using GpuCtr.Kernels;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Export;

/// <summary>The inputs of an exported model, one per column, and the table rows computed from them.</summary>
/// <remarks>
/// Categorical: int64 (B) row number within the column's vocabulary. Numeric: float (B), transformed. Vector: float (B, W), transformed; followed by its indicator of missing vectors as a number. List: int64 (B, T) row numbers,
/// padded anywhere, with a mask bool (B, T), true at entries, which the histories of a behaviour group share. A vector computed by another model is not an input: the graph computes it from the inputs of that model.
/// </remarks>
/// <param name="g">The graph.</param>
/// <param name="spec">The fields of the model.</param>
/// <param name="vectors">Its vector columns.</param>
/// <param name="other">The model that computes vectors of rows; null if there is none.</param>
internal sealed class OnnxInputs(OnnxGraph g, FeatureSpec spec, IReadOnlyList<VectorColumn> vectors, TrainedVectors? other)
{
    private Dictionary<string, string> inputs = [];

    /// <summary>Declares the inputs and maps them to the inputs of the model.</summary>
    public void Declare(FrozenModel model)
    {
        string[] scalars = [.. spec.Numeric.SkipLast(spec.VectorNumbers)];
        IEnumerable<string> names = [.. spec.Categorical.Select(c => c.Name), .. scalars, .. vectors.Where(v => !v.Computed).Select(v => v.Column), .. vectors.Where(v => v.Missing).Select(Indicator), .. spec.Sequences.Select(s => s.Name)];
        inputs = g.Names.Take(names, g.Prefix);
        // A column of which an id has several vectors is one input.
        FeatureSpec byVector = spec.ByVector();
        int[] offsets = byVector.Offsets();
        string[] columns = [.. spec.Categorical.Select(c => g.Input(inputs[c.Name], OnnxType.Int64, "B"))];
        string[] fields = [.. byVector.Categorical.Select((c, f) => Column(g.Node("Add", columns[c.Of < 0 ? f : c.Of], g.Integers(offsets[c.Vocabulary]))))];
        g.FieldRows = fields.Length == 0 ? null : g.Node("Concat", ("axis", 1), fields);
        string Number(string name) => Column(g.Input(inputs[name], OnnxType.Float, "B"));
        string[] numbers = [.. scalars.Select(Number), .. vectors.SelectMany(v => (IEnumerable<string>)[Vector(v), .. v.Missing ? [Number(Indicator(v))] : Array.Empty<string>()])];
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

    /// <summary>(B, W): an input, or the last hidden layer of the other model.</summary>
    private string Vector(VectorColumn vector)
    {
        if (!vector.Computed)
            return g.Input(inputs[vector.Column], OnnxType.Float, "B", vector.Means.Length);
        FrozenModel model = other!.Model;
        OnnxGraph inner = g.Of(model.Device, $"{vector.Column}.");
        new OnnxInputs(inner, model.Spec, other.Encoder.State.VectorColumns, null).Declare(model);
        foreach (IOp op in model.Ops)
            op.Export(inner);
        return inner[model.Hidden!];
    }

    /// <summary>The name of the last number of a vector column.</summary>
    private string Indicator(VectorColumn vector) => spec.Numeric[spec.N - spec.VectorNumbers + vectors.TakeWhile(v => v != vector).Sum(v => v.Count()) + vector.Means.Length];

    private string Column(string value) => g.Node("Unsqueeze", value, g.Integers(1));

    private string Length(SequenceField s) => g.Prefix + (s.Role == SequenceRole.History ? $"T{s.Group}" : $"T_{s.Name}");

    private string[] Masks()
    {
        Dictionary<string, string> byList = [];
        return [.. spec.Sequences.Select(s =>
        {
            string list = s.Role == SequenceRole.History ? spec.Group(s.Group).First().Name : s.Name;
            if (!byList.TryGetValue(list, out string? mask))
                byList.Add(list, mask = g.Node("Unsqueeze", g.Input(g.Names.Mask(g.Prefix + list), OnnxType.Bool, "B", Width(s)), g.Integers(2)));
            return mask;
        })];
    }

    private bool PaddingTakesPart(SequenceField s) => spec.PadHistories && s.Role == SequenceRole.History;

    /// <summary>The length of a list: fixed to that of training if padding takes part, else variable.</summary>
    private OnnxDim Width(SequenceField s) => PaddingTakesPart(s) ? s.MaxLength : Length(s);

    /// <summary>Ids, of padding where the mask is false.</summary>
    private string ListIds(SequenceField s, string mask)
    {
        string ids = g.Input(inputs[s.Name], OnnxType.Int64, "B", Width(s)), valid = g.Node("Squeeze", mask, g.Integers(2));
        return g.Node("Where", valid, ids, g.Integers(0));
    }
}

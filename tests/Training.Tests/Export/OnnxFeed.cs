using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Models.Features;
using GpuCtr.Training.Export;
using GpuCtr.Training.Scoring;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GpuCtr.Training.Tests.Export;

/// <summary>Rows as the inputs of an exported model: lists padded in front or behind with ids that must not matter.</summary>
internal sealed class OnnxFeed(FeatureSpec spec, FeatureRow[] rows, bool padded, Random random, string prefix = "")
{
    private RenamedParts renamed = new([], [], []);

    public float[] Scores(string path)
    {
        using InferenceSession session = new(path);
        renamed = session.ModelMetadata.CustomMetadataMap.TryGetValue("renamed", out string? json) ? JsonText.Parse<RenamedParts>(json) : renamed;
        List<NamedOnnxValue> inputs = Inputs();
        // The graph of a model that reads the last hidden layer of another has the inputs of both.
        if (rows[0].Encoder.Inner is { } inner)
            inputs.AddRange(new OnnxFeed(inner.Spec, [.. rows.Select(r => r.Inner!)], padded, random, $"{TrainedVectors.Column}.") { renamed = renamed }.Inputs());
        // What the graph does not read is no input of it.
        inputs.RemoveAll(i => !session.InputMetadata.ContainsKey(i.Name));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs, [renamed.Outputs.GetValueOrDefault("score", "score")]);
        return [.. outputs.Single().AsEnumerable<float>()];
    }

    private List<NamedOnnxValue> Inputs()
    {
        List<NamedOnnxValue> inputs = [];
        for (int f = 0; f < spec.F; f++)
            inputs.Add(NamedOnnxValue.CreateFromTensor(Input(spec.Categorical[f].Name), Vector(rows, r => (long)r.Ids[f])));
        for (int n = 0; n < spec.N; n++)
            inputs.Add(NamedOnnxValue.CreateFromTensor(Input(spec.Numeric[n]), Vector(rows, r => r.Numbers[n])));
        FittedFeatures state = rows[0].Encoder.State;
        foreach ((int v, VectorColumn vector) in state.VectorColumns.Index())
            inputs.Add(NamedOnnxValue.CreateFromTensor(Input(vector.Column), new DenseTensor<float>(
                rows.SelectMany(r => r.Numbers.Slice(state.VectorPlace(v), vector.Means.Length).ToArray()).ToArray(), [rows.Length, vector.Means.Length])));
        for (int s = 0; s < spec.Sequences.Count; s++)
            AddList(inputs, s);
        return inputs;
    }

    private string Input(string column) => renamed.Columns.GetValueOrDefault(prefix + column, prefix + column);

    private void AddList(List<NamedOnnxValue> inputs, int s)
    {
        SequenceField field = spec.Sequences[s];
        bool history = field.Role == SequenceRole.History;
        // The exported graph takes any length; in variants in which padding takes part, the length is that of training.
        int longest = Enumerable.Range(0, rows.Length).Max(b => rows[b].List(s).Length), width = padded && history ? field.MaxLength : longest + 2;
        DenseTensor<long> ids = new([rows.Length, width]);
        DenseTensor<bool> mask = new([rows.Length, width]);
        for (int b = 0; b < rows.Length; b++)
        {
            ReadOnlySpan<int> list = rows[b].List(s);
            int first = padded && history ? 0 : b % (width - list.Length + 1);
            for (int t = 0; t < width; t++)
            {
                mask[b, t] = t >= first && t < first + list.Length;
                ids[b, t] = mask[b, t] ? list[t - first] : random.Next(0, 3);
            }
        }
        inputs.Add(NamedOnnxValue.CreateFromTensor(Input(field.Name), ids));
        string owner = history ? spec.Group(field.Group).First().Name : field.Name, name = renamed.Masks.GetValueOrDefault(prefix + owner, $"{prefix}{owner}_mask");
        if (inputs.All(i => i.Name != name))
            inputs.Add(NamedOnnxValue.CreateFromTensor(name, mask));
    }

    private static DenseTensor<T> Vector<T>(FeatureRow[] rows, Func<FeatureRow, T> value) => new(rows.Select(value).ToArray(), [rows.Length]);
}

using GpuCtr.Data.Features;
using GpuCtr.Models.Features;
using Microsoft.ML.OnnxRuntime;

namespace GpuCtr.Bench;

/// <summary>An exported model in ONNX Runtime on one thread, with reused buffers: the fastest way it offers.</summary>
/// <remarks>The values of the rows are already looked up; copying them into the inputs and the run are timed.</remarks>
internal sealed class OnnxScorer : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly int batch, length;
    private readonly List<string> names = [];
    private readonly List<OrtValue> inputs = [];
    private readonly List<Action<FeatureRow, int>> copies = [];
    private readonly float[] scores;
    private readonly OrtValue output;

    /// <summary>One caller's buffers over a session that several may share.</summary>
    public OnnxScorer(InferenceSession session, FeatureSpec spec, int batch, int length)
    {
        (this.session, this.batch, this.length) = (session, batch, length);
        for (int f = 0; f < spec.F; f++)
            AddVector<long>(spec.Categorical[f].Name, f, (row, i) => row.Ids[i]);
        for (int n = 0; n < spec.N; n++)
            AddVector<float>(spec.Numeric[n], n, (row, i) => row.Numbers[i]);
        for (int s = 0; s < spec.Sequences.Count; s++)
            AddList(spec, s);
        scores = new float[batch];
        output = OrtValue.CreateTensorValueFromMemory(scores, [batch]);
    }

    /// <summary>Opens a model with one thread per call.</summary>
    public static InferenceSession Open(string path)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        return new InferenceSession(path, options);
    }

    /// <summary>Scores exactly as many rows as the buffers hold.</summary>
    public ReadOnlySpan<float> Score(ReadOnlySpan<FeatureRow> rows)
    {
        for (int b = 0; b < batch; b++)
        {
            foreach (Action<FeatureRow, int> copy in copies)
                copy(rows[b], b);
        }
        session.Run(options, names, inputs, ["score"], [output]);
        return scores;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OrtValue value in inputs)
            value.Dispose();
        output.Dispose();
        options.Dispose();
    }

    private T[] Add<T>(string name, params long[] shape) where T : unmanaged
    {
        T[] buffer = new T[shape.Aggregate(1L, (a, b) => a * b)];
        names.Add(name);
        inputs.Add(OrtValue.CreateTensorValueFromMemory(buffer, shape));
        return buffer;
    }

    private void AddVector<T>(string name, int index, Func<FeatureRow, int, T> value) where T : unmanaged
    {
        // An input that the graph does not read does not exist in the file.
        if (!session.InputMetadata.ContainsKey(name))
            return;
        T[] buffer = Add<T>(name, batch);
        copies.Add((row, b) => buffer[b] = value(row, index));
    }

    private void AddList(FeatureSpec spec, int s)
    {
        SequenceField field = spec.Sequences[s];
        long[] ids = Add<long>(field.Name, batch, length);
        copies.Add((row, b) =>
        {
            ReadOnlySpan<int> list = row.List(s);
            for (int t = 0; t < list.Length; t++)
                ids[(b * length) + t] = list[t];
        });
        string mask = $"{(field.Role == SequenceRole.History ? spec.Group(field.Group).First().Name : field.Name)}_mask";
        if (names.Contains(mask))
            return;
        bool[] valid = Add<bool>(mask, batch, length);
        copies.Add((row, b) => valid.AsSpan(b * length, length).Fill(false));
        copies.Add((row, b) => valid.AsSpan(b * length, row.List(s).Length).Fill(true));
    }
}

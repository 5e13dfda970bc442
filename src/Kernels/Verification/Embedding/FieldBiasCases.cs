using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>FieldBias with the scatter-add of its table: other fields read rows of the table as well, and learn nothing.</summary>
internal static class FieldBiasCases
{
    private const int Vocabulary = 5;

    public static IEnumerable<OpCase> All()
    {
        foreach ((int rows, int fields, int columns, int field, int capacity) in new[] { (1, 1, 1, 0, 0), (7, 3, 3, 1, 0), (60, 2, 5, 1, 0), (6, 4, 6, 0, 20) })
            yield return new OpCase("field bias", $"B{rows} field {field} of {fields} C{columns}{(capacity > 0 ? $" capacity {capacity}" : "")}", t => Record(t, rows, fields, columns, field, capacity));
    }

    private static void Record(Trial t, int b, int fields, int columns, int field, int capacity)
    {
        (t.Pass, t.Capacity) = (new(b, true), capacity);
        int places = Math.Max(b, capacity);
        Random random = t.Random("rows");
        int[] ids = Enumerable.Range(0, b * fields).Select(i => i % fields * Vocabulary + random.Next(Vocabulary)).ToArray();
        DeviceArray<int> rows = t.Workspace.Array<int>("rows", (long)places * fields);
        t.Upload(rows, ids);
        Tensor w = t.Parameter("w", fields * Vocabulary, 1, terms: b, gradientStart: 0), y = t.Output("y", 1);
        Tensor rowGradients = t.Workspace.Tensor("dw by position", places * columns + 3, 1);
        SortedLookups positions = Positions.Of(t, places * fields, fields * Vocabulary, ids.Select((row, i) => (row, i / fields * columns + i % fields)));
        TableGradient scatter = new(t.Workspace, w, rowGradients, w.Gradient!, positions, compact: false, l2: 0);
        t.Backward(_ => scatter.Run());
        t.Op(new FieldBias(t.Device, rows, w, rowGradients, y, fields, columns, field));
        t.Reference(v =>
        {
            for (int i = 0; i < b; i++)
                v[y][i] = v[w][ids[i * fields + field]];
        });
    }
}

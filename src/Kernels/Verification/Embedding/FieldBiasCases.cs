using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>FieldBias with the scatter-add of its table: lookups of other fields get no gradient.</summary>
internal static class FieldBiasCases
{
    private const int Vocabulary = 5;

    private readonly record struct Shape(int B, int Fields, int Columns, int Field, int Capacity = 0);

    public static IEnumerable<OpCase> All() =>
        OpCase.Each<Shape>("field bias", [new(1, 1, 1, Field: 0), new(7, 3, 3, Field: 1), new(60, 2, 5, Field: 1), new(6, 4, 6, Field: 0, Capacity: 20)], Record);

    private static void Record(Trial t, Shape s)
    {
        (int b, int fields, int columns, int field, int capacity) = s;
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

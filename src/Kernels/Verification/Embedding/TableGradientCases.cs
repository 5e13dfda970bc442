using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>TableGradient, after LookupSort if the device sorts: dW[r] = Σ of the row gradients of r, position by position, + λ W[r] once a touched row.</summary>
internal static class TableGradientCases
{
    private enum Ids
    {
        Random,
        OneHot,
        OneHotAndItsNeighbour,
        Skewed,
        VerySkewed,
        PaddingOnly,
    }

    private readonly record struct Shape(int Rows, int D, int Positions, Ids Ids = Ids.Random, bool Compact = false, float L2 = 0, bool Rates = false, bool Adds = false);

    private static readonly Shape[] tables =
    [
        new(1, 1, 1), new(7, 3, 20), new(50, 16, 300), new(40, 17, 100), new(900, 4, 2000), new(30, 40, 64), new(9, 5, 500, Ids.OneHot), new(12, 10, 100, Ids.Skewed),
        // Segments across blocks of every level, and one segment that fills all blocks.
        new(30, 1, 9000, Ids.VerySkewed), new(9, 1, 8192, Ids.OneHot), new(9, 1, 8191, Ids.OneHotAndItsNeighbour),
        new(30, 8, 9000, Ids.VerySkewed), new(9, 8, 8192, Ids.OneHot), new(9, 8, 8191, Ids.OneHotAndItsNeighbour),
        new(12, 10, 30, Ids.PaddingOnly), new(40, 17, 100, Rates: true),
    ];

    private static readonly IEnumerable<Shape> shapes =
        from s in tables
        from compact in new[] { true, false }
        from l2 in new[] { 0, 0.25f }
        select s with { Compact = compact, L2 = l2 };

    // The table is also read as a whole, which has left a gradient in every row.
    private static readonly Shape[] added = [new(50, 16, 300), new(40, 17, 100), new(9, 1, 30), new(30, 8, 9000, Ids.VerySkewed, L2: 0.25f), new(12, 10, 30, Ids.PaddingOnly)];

    public static IEnumerable<OpCase> All() => OpCase.Each("table gradient", [.. shapes, .. added.Select(s => s with { Adds = true })], Record);

    private static void Record(Trial t, Shape s)
    {
        Random random = t.Random("ids");
        int[] ids = Enumerable.Range(0, s.Positions).Select(_ => Draw(random, s)).ToArray();
        Tensor table = t.Parameter("table", s.Rows, s.D, gradient: false), rowGradients = t.Parameter("row gradients", s.Positions, s.D, gradient: false);
        Tensor? rates = s.Rates ? t.Parameter("rates", s.Rows, 1, gradient: false) : null;
        int hottest = ids.GroupBy(id => id).Max(g => g.Count());
        // Row 0 is padding as long as there is another row: its positions are never added.
        var trained = ids.Select((row, i) => (row, i)).Where(p => p.row != 0 || s.Rows == 1).ToArray();
        int[] segments = trained.Select(p => p.row).Distinct().Order().ToArray();
        Tensor target = t.State(t.Workspace.Tensor("target", s.Compact ? Math.Max(1, segments.Length) : s.Rows, s.D), _ => 7, hottest);
        SortedLookups positions = t.Device.SortsLookups ? Positions.OnDevice(t, ids, s.Rows, s.Rows == 1 ? -1 : 0) : Positions.Of(t, s.Positions, s.Rows, trained);
        TableGradient op = new(t.Workspace, table, rowGradients, target, positions, s.Compact, s.L2, rates);
        if (s.Adds)
            table.Consume();
        t.Backward(_ => op.Run());
        t.Reference(v =>
        {
            for (int i = 0; i < segments.Length; i++)
                for (int d = 0; d < s.D; d++)
                {
                    double sum = (s.L2 + (rates is null ? 0 : v[rates][segments[i]])) * v[table][segments[i] * s.D + d];
                    foreach ((int row, int position) in trained)
                        sum += row == segments[i] ? v[rowGradients][position * s.D + d] : 0;
                    int at = (s.Compact ? i : segments[i]) * s.D + d;
                    v[target][at] = s.Adds ? v[target][at] + sum : sum;
                }
        });
    }

    private static int Draw(Random r, Shape s) => s.Ids switch
    {
        Ids.OneHot => 4,
        Ids.OneHotAndItsNeighbour => r.Next(3000) == 0 ? 5 : 4,
        Ids.Skewed => (int)(s.Rows * r.NextDouble() * r.NextDouble()),
        Ids.VerySkewed => (int)(s.Rows * Math.Pow(r.NextDouble(), 4)),
        Ids.PaddingOnly => 0,
        _ => r.Next(s.Rows),
    };
}

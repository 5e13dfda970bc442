using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>TableGradient, behind LookupSort where the device sorts: dW[r] = Σ of the row gradients that point at r, one position after the other, + λ W[r] once a touched row.</summary>
internal static class TableGradientCases
{
    private readonly record struct Shape(int Rows, int D, int Positions, Func<Random, int> Draw, string Ids, bool Compact, float L2, bool Rates = false)
    {
        public override string ToString() => $"{Positions} positions, {Rows}x{D}, {Ids}{(Compact ? " compact" : " whole")}{(L2 > 0 ? $" l2 {L2}" : "")}{(Rates ? " rates" : "")}";
    }

    public static IEnumerable<OpCase> All()
    {
        foreach (bool compact in new[] { true, false })
            foreach (float l2 in new[] { 0, 0.25f })
            {
                foreach ((int rows, int d, int positions) in new[] { (1, 1, 1), (7, 3, 20), (50, 16, 300), (40, 17, 100), (900, 4, 2000), (30, 40, 64) })
                    yield return Case(new(rows, d, positions, r => r.Next(rows), "random ids", compact, l2));
                yield return Case(new(9, 5, 500, _ => 4, "one hot id", compact, l2));
                yield return Case(new(12, 10, 100, r => (int)(r.NextDouble() * r.NextDouble() * 12), "skewed ids", compact, l2));
                // Segments across blocks of every level, and one that fills all of them.
                foreach (int d in new[] { 1, 8 })
                {
                    yield return Case(new(30, d, 9000, r => (int)(30 * Math.Pow(r.NextDouble(), 4)), "skewed ids", compact, l2));
                    yield return Case(new(9, d, 8192, _ => 4, "one hot id", compact, l2));
                    yield return Case(new(9, d, 8191, r => r.Next(3000) == 0 ? 5 : 4, "one hot id and its neighbour", compact, l2));
                }
                yield return Case(new(12, 10, 30, _ => 0, "padding only", compact, l2));
                yield return Case(new(40, 17, 100, r => r.Next(40), "random ids", compact, l2, Rates: true));
            }
    }

    private static OpCase Case(Shape s) => new("table gradient", s.ToString(), t =>
    {
        Random random = t.Random("ids");
        int[] ids = Enumerable.Range(0, s.Positions).Select(_ => s.Draw(random)).ToArray();
        Tensor table = t.Parameter("table", s.Rows, s.D, gradient: false), rowGradients = t.Parameter("row gradients", s.Positions, s.D, gradient: false);
        Tensor? rates = s.Rates ? t.Parameter("rates", s.Rows, 1, gradient: false) : null;
        int hottest = ids.GroupBy(id => id).Max(g => g.Count());
        // Row 0 is padding as long as there is another row: its positions are never added.
        var trained = ids.Select((row, i) => (row, i)).Where(p => p.row != 0 || s.Rows == 1).ToArray();
        int[] segments = trained.Select(p => p.row).Distinct().Order().ToArray();
        Tensor target = t.State(t.Workspace.Tensor("target", s.Compact ? Math.Max(1, segments.Length) : s.Rows, s.D), _ => 7, hottest);
        SortedLookups positions = t.Device.SortsLookups ? Positions.OnDevice(t, ids, s.Rows, s.Rows == 1 ? -1 : 0) : Positions.Of(t, s.Positions, s.Rows, trained);
        TableGradient op = new(t.Workspace, table, rowGradients, target, positions, s.Compact, s.L2, rates);
        t.Backward(_ => op.Run());
        t.Reference(v =>
        {
            for (int i = 0; i < segments.Length; i++)
                for (int d = 0; d < s.D; d++)
                {
                    double sum = (s.L2 + (rates is null ? 0 : v[rates][segments[i]])) * v[table][segments[i] * s.D + d];
                    foreach ((int row, int position) in trained)
                        sum += row == segments[i] ? v[rowGradients][position * s.D + d] : 0;
                    v[target][(s.Compact ? i : segments[i]) * s.D + d] = sum;
                }
        });
    });
}

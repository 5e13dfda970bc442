using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>FrozenRows: dW[r] = 0 for first ≤ r &lt; end, and nothing else changes.</summary>
internal static class FrozenRowsCases
{
    private readonly record struct Shape(int Rows, int D, int Positions, int First, int End, bool Compact = false);

    private static readonly Shape[] tables = [new(1, 1, 1, 0, 1), new(7, 3, 20, 2, 5), new(50, 16, 300, 0, 50), new(40, 17, 100, 39, 40), new(900, 4, 2000, 100, 731), new(30, 40, 64, 10, 10), new(5000, 2, 6000, 17, 4000)];

    public static IEnumerable<OpCase> All() => OpCase.Each("frozen rows", [.. tables, .. tables.Select(s => s with { Compact = true })], Record);

    private static void Record(Trial t, Shape s)
    {
        Random random = t.Random("ids");
        int[] ids = [.. Enumerable.Range(0, s.Positions).Select(_ => random.Next(s.Rows))], segments = [.. ids.Distinct().Order()];
        Tensor target = t.State(t.Workspace.Tensor("gradient", s.Compact ? segments.Length : s.Rows, s.D), i => i % 13 + 1);
        SortedLookups positions = Positions.Of(t, s.Positions, s.Rows, ids.Select((row, i) => (row, i)));
        FrozenRows op = new(t.Device, target, positions, s.Compact, s.First..s.End);
        t.Backward(_ => op.Run());
        t.Reference(v =>
        {
            for (int i = 0; i < v[target].Length; i++)
                if ((s.Compact ? segments[i / s.D] : i / s.D) is var row && row >= s.First && row < s.End)
                    v[target][i] = 0;
        });
    }
}

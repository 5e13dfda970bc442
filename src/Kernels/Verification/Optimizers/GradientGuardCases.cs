using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>GradientGuard: norm over all gradients with their L2, factor, and the two counters of skipped steps.</summary>
internal static class GradientGuardCases
{
    private readonly record struct Shape(int A, int B, float L2, int Decays, float Clip, float Loss = 0.7f, float Planted = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 0, 0, 0), new(40, 7, 0, 0, 0), new(40, 7, 0.5f, 40, 0), new(40, 7, 0.5f, 21, 0), new(20000, 17000, 0.1f, 20000, 1), new(40, 7, 0, 0, 0.5f), new(40, 7, 0, 0, 1000),
        new(40, 7, 0, 0, 0, Loss: float.NaN), new(40, 7, 0, 0, 1, Loss: float.PositiveInfinity), new(40, 7, 0, 0, 0, Planted: float.NaN),
        new(40, 7, 0, 0, 1, Planted: float.NegativeInfinity), new(20000, 17000, 0, 0, 0, Planted: float.NaN), new(40, 7, 0, 0, 1, Planted: 1e30f),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("gradient guard", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        Random random = t.Random("gradients");
        Tensor loss = t.Parameter("loss", 1, 3, gradient: false, fill: i => i == 0 ? s.Loss : 0);
        Tensor a = t.Parameter("da", 1, s.A, gradient: false), w = t.Parameter("a", 1, s.A, gradient: false);
        // The second gradient is compact: only a part of it counts in this batch, and NaN follows that part.
        int counts = (s.B + 1) / 2;
        Tensor b = t.Parameter("db", s.B, 1, gradient: false, fill: i => i >= counts ? float.NaN : i == counts - 1 && s.Planted != 0 ? s.Planted : random.NextSingle() * 2 - 1);
        SortedLookups positions = Positions.Of(t, s.B, s.B, Enumerable.Range(0, counts).Select(i => (i, i)));
        GradientGuard guard = new(t.Workspace, loss, s.Clip);
        guard.Watch(a, w, s.L2, s.Decays);
        guard.Watch(b, b, 0, 0, positions);
        guard.Seal(t.Workspace);
        t.State(guard.StepFactor, i => i switch { 2 => 5, 3 => 2, _ => 0 }, s.A + s.B);
        t.Forward(_ => guard.Run());
        t.Reference(v =>
        {
            double squares = 0;
            for (int i = 0; i < s.A; i++)
                squares += Math.Pow(v[a][i] + (i < s.Decays ? s.L2 * v[w][i] : 0), 2);
            for (int i = 0; i < counts; i++)
                squares += v[b][i] * v[b][i];
            // A norm beyond float32 is not finite on devices either.
            double norm = Math.Sqrt(squares);
            bool finite = float.IsFinite((float)squares) && double.IsFinite(v[loss][0]);
            v[guard.StepFactor][0] = !finite ? 0 : s.Clip > 0 && norm > s.Clip ? s.Clip / norm : 1;
            v[guard.StepFactor][1] = norm;
            if (!float.IsFinite((float)squares))
                v.Ignore(guard.StepFactor, 1);
            v[guard.StepFactor][2] += finite ? 0 : 1;
            v[guard.StepFactor][3] = finite ? 0 : v[guard.StepFactor][3] + 1;
        });
    }
}

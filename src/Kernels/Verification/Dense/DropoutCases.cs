using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Dropout: the reference computes Philox for every element, so that a device that draws another mask fails.</summary>
internal static class DropoutCases
{
    private readonly record struct Shape(int B, int H, double Rate, bool Training = true, int Step = 1, int Layer = 0, ulong Seed = 1, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 0.5), new(5, 3, 0.2), new(31, 1, 0.5), new(32, 1, 0.5), new(33, 1, 0.5, Step: 2), new(37, 19, 0.2, Step: 1000, Layer: 2),
        new(200, 90, 0.9, Layer: 3, Seed: 0xDEADBEEF_12345678), new(37, 19, 0.3, Training: false), new(5, 7, 0), new(300, 130, 0.5, Step: int.MaxValue),
        new(5, 9, 0.4, Capacity: 20), new(3, 16, 0.01, Training: false, Capacity: 4),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("dropout", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, s.Training), s.Capacity);
        Tensor x = t.Batch("x", s.H), y = t.Output("y", s.H);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, new StepScalars { Step = s.Step });
        t.Op(new Dropout(t.Workspace, x, y, scalars, Dropout.Stream.Of(s.Layer, s.Seed, s.Rate)));
        t.Reference(v =>
        {
            for (int i = 0; i < s.B * s.H; i++)
                v[y][i] = !s.Training ? v[x][i] : Keeps(i, Dropout.Stream.Of(s.Layer, s.Seed, s.Rate), s.Step) ? v[x][i] / (1 - s.Rate) : 0;
        });
    }

    /// <summary>Whether an element is kept, from its own Philox block.</summary>
    public static bool Keeps(int element, Dropout.Stream s, int step)
    {
        int word = element / 32, bit = element % 32;
        Philox.Block block = Philox.Generate((uint)(8 * word + bit % 8), 0, (uint)step, s.Layer, s.Seed0, s.Seed1);
        uint random = (bit / 8) switch { 0 => block.X, 1 => block.Y, 2 => block.Z, _ => block.W };
        return random >= s.Threshold;
    }
}

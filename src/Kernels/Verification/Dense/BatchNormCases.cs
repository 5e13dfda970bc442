using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>BatchNorm: two passes over each column; the biased variance normalizes, the unbiased one enters the running average.</summary>
internal static class BatchNormCases
{
    private readonly record struct Shape(int B, int H, bool Relu = false, bool Training = true, float Guard = 1, int Capacity = 0, bool TwoReaders = false, bool OtherConstants = false, double Drop = 0, bool Fixed = false);

    private const int Step = 5;

    private static readonly Shape[] Shapes =
    [
        new(5, 3), new(5, 3, Relu: true), new(2, 1), new(37, 19, Relu: true), new(97, 33), new(200, 40, Relu: true), new(700, 16, Relu: true),
        new(5, 3, Training: false), new(37, 19, Relu: true, Training: false), new(1, 7), new(1, 17, Relu: true), new(1, 17, Training: false),
        new(9, 5, Relu: true, Guard: 0), new(20, 18, Guard: 0), new(9, 5, Guard: 0.25f), new(7, 20, Relu: true, Capacity: 32), new(1, 3, Capacity: 4),
        new(6, 21, Relu: true, TwoReaders: true), new(37, 19, OtherConstants: true), new(9, 5, Training: false, OtherConstants: true),
        new(37, 19, Relu: true, Drop: 0.3), new(5, 64, Relu: true, Drop: 0.5), new(200, 40, Relu: true, Drop: 0.9), new(1, 17, Relu: true, Drop: 0.2),
        new(9, 33, Relu: true, Training: false, Drop: 0.4), new(6, 21, Relu: true, TwoReaders: true, Drop: 0.2, Capacity: 11),
        new(5, 3, Fixed: true), new(37, 19, Fixed: true), new(9, 5, Training: false, Fixed: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("batch norm", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity, t.StepFactorValue) = (new(s.B, s.Training), s.Capacity, s.Guard);
        Tensor x = t.Batch("x", s.H, terms: s.B), gamma = t.Parameter("gamma", 1, s.H, terms: s.B), beta = t.Parameter("beta", 1, s.H, terms: s.B);
        BatchNormConstants constants = s.Fixed ? BatchNormConstants.Inference : s.OtherConstants ? new(1e-3f, 0.25f) : BatchNormConstants.Default;
        Random random = t.Random("running variance");
        Tensor mean = t.State(t.Workspace.Tensor("running mean", 1, s.H)), y = t.Output("y", s.H, terms: s.B);
        Tensor variance = t.State(t.Workspace.Tensor("running variance", 1, s.H), _ => 0.5f + random.NextSingle());
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, new StepScalars { Step = Step });
        Dropout.Stream drop = Dropout.Stream.Of(1, 3, s.Drop);
        t.Op(new BatchNorm(t.Workspace, x, gamma, beta, mean, variance, y, s.Relu, constants, s.Drop > 0 ? drop : null, scalars));
        if (s.TwoReaders)
            t.ReadAgain(x);
        t.Reference(v =>
        {
            for (int h = 0; h < s.H; h++)
                Column(v, h);
        });

        void Column(ReferenceValues v, int h)
        {
            double m = v[mean][h], sigma2 = v[variance][h];
            if (s.Training && s.B > 1 && !s.Fixed)
            {
                double[] column = Enumerable.Range(0, s.B).Select(b => v[x][b * s.H + h]).ToArray();
                m = column.Average();
                double squares = column.Sum(value => (value - m) * (value - m));
                sigma2 = squares / s.B;
                if (s.Guard != 0)
                {
                    double share = constants.Momentum;
                    v[mean][h] = (1 - share) * v[mean][h] + share * m;
                    v[variance][h] = (1 - share) * v[variance][h] + share * squares / (s.B - 1);
                }
            }
            for (int b = 0; b < s.B; b++)
            {
                double z = (v[x][b * s.H + h] - m) / Math.Sqrt(sigma2 + constants.Epsilon) * v[gamma][h] + v[beta][h];
                double rectified = s.Relu ? v.Rectify(z) : z;
                bool drops = s.Drop > 0 && s.Training;
                v[y][b * s.H + h] = !drops ? rectified : DropoutCases.Keeps(b * s.H + h, drop, Step) ? rectified / (1 - s.Drop) : 0;
            }
        }
    }
}

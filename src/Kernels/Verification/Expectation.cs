using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Verification;

/// <summary>Expected values: outputs of the reference, and gradients by finite differences. Depends only on the case.</summary>
internal sealed class Expectation
{
    // Fourth order: the error is h⁴ of the fifth derivative, and 1e-16 · loss / h of rounding.
    private const double H = 1e-5;

    // Step when all elements of a tensor move at once, to check its gradient as a whole.
    private const double DirectionH = 1e-6;

    // A rectified value nearer to 0 than this could change sign under H, or in float32.
    private const double KinkMargin = 3e-5;

    private const int Samples = 40, Attempts = 50;

    private readonly ReferenceValues values;
    private readonly bool magnitude;

    private Expectation(Trial trial, bool magnitude = false)
    {
        (values, this.magnitude) = (new(magnitude), magnitude);
        _ = trial.Loss(values);
        Values = trial.Tensors.Select(t => (double[])values[t.Tensor].Clone()).ToArray();
        Ignored = trial.Tensors.Select(t => Enumerable.Range(0, t.Elements).Where(i => values.Ignores(t.Tensor, i)).ToHashSet()).ToArray();
    }

    /// <summary>A partial derivative of the loss.</summary>
    public readonly record struct Partial(int Index, double Value);

    /// <summary>Number of the seeded draw of inputs that was used: the first without a value near a kink.</summary>
    public int Attempt { get; private init; }

    /// <summary>Values of every tensor after the run.</summary>
    public double[][] Values { get; }

    /// <summary>Elements that may hold anything.</summary>
    public HashSet<int>[] Ignored { get; }

    /// <summary>For every tensor with a checked gradient: all elements, or corners and a seeded sample.</summary>
    public Partial[][] Gradients { get; private set; } = [];

    /// <summary>For every tensor with a checked gradient: the derivative when element i moves with Sign(i).</summary>
    public double[] Directional { get; private set; } = [];

    /// <summary>The same formula with the absolute value of every term, for devices that round the factors of products; computed on demand.</summary>
    public Expectation? Magnitude { get; private set; }

    /// <summary>+1 or −1, pseudo-random.</summary>
    public static int Sign(int i) => ((i * 0x9E3779B9u) >> 13 & 1) == 0 ? 1 : -1;

    /// <summary>The expectation of a case, which may be <paramref name="known"/> from another device, and a trial on <paramref name="device"/> with the inputs it belongs to.</summary>
    public static (Expectation Expected, Trial Trial) Of(OpCase c, Device device, Expectation? known = null)
    {
        (Expectation expected, Trial trial) = known is null ? Draw(c, device) : (known, new Trial(c, device, known.Attempt));
        if (device.Precision.OnTensorCores() && expected.Magnitude is null)
        {
            expected.Magnitude = new Expectation(trial, magnitude: true);
            expected.Magnitude.Differentiate(trial);
        }
        return (expected, trial);
    }

    private static (Expectation Expected, Trial Trial) Draw(OpCase c, Device device)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Trial trial = new(c, device, attempt);
            Expectation e = new(trial) { Attempt = attempt };
            if (e.values.NearestKink < KinkMargin)
            {
                trial.Dispose();
                continue;
            }
            e.Differentiate(trial);
            return (e, trial);
        }
        throw new InvalidOperationException($"case {c}: no draw of the inputs stays clear of the kinks");
    }

    private void Differentiate(Trial trial)
    {
        Gradients = trial.Tensors.Select(t => t.HasCheckedGradient ? Pick(trial, t).Select(i => new Partial(i, Slope(trial, step => values[t.Tensor][i] += step, H))).ToArray() : []).ToArray();
        Directional = trial.Tensors.Select(t => t.HasCheckedGradient ? Slope(trial, step => MoveAll(values[t.Tensor], step), DirectionH) : 0).ToArray();
    }

    /// <summary>(f(−2h) − 8 f(−h) + 8 f(h) − f(2h)) / 12h.</summary>
    private double Slope(Trial trial, Action<double> move, double h)
    {
        double At(double step) => trial.Loss(values, () => move(step));
        return (At(-2 * h) - 8 * At(-h) + 8 * At(h) - At(2 * h)) / (12 * h);
    }

    private void MoveAll(double[] x, double step)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] += (magnitude ? 1 : Sign(i)) * step;
    }

    private static IEnumerable<int> Pick(Trial trial, Tracked t)
    {
        int n = t.Elements, columns = t.Tensor.Columns;
        if (n <= Samples)
            return Enumerable.Range(0, n);
        Random random = trial.Random("sample of " + t.Tensor.Name);
        int[] corners = [0, columns - 1, n - columns, n - 1];
        return corners.Concat(Enumerable.Range(0, Samples / 2).Select(_ => random.Next(n))).Distinct();
    }
}

using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Runs a case on a device and reports what is wrong with the op, if anything.</summary>
/// <remarks>
/// All memory starts as NaN. Outputs are compared with the reference, gradients with finite differences of it; a second run must
/// give the same bits; inputs and rows after the batch must stay unchanged. NaN anywhere fails.
/// </remarks>
public static class OpCheck
{
    /// <summary>Runs <paramref name="c"/>; null when all is well, else a line with op, shape, device, tensor, index, expected and actual value.</summary>
    public static string? Run(OpCase c, Device device) => Run(c, [device]).SingleOrDefault();

    /// <summary>Runs <paramref name="c"/> on several devices with one computation of its reference; returns a line for each failure.</summary>
    public static IEnumerable<string> Run(OpCase c, IEnumerable<Device> devices)
    {
        Expectation? expected = null;
        return [.. devices.Select(device => Run(c, device, ref expected)).OfType<string>()];
    }

    private static string? Run(OpCase c, Device device, ref Expectation? expectation)
    {
        try
        {
            (Expectation expected, Trial trial) = Expectation.Of(c, device, expectation);
            expectation = expected;
            using (trial)
            {
                trial.Workspace.Allocate();
                var first = trial.Run();
                var second = trial.Run();
                double rounding = Tolerance.OfRounding(device.Precision);
                string? failure = null;
                for (int i = 0; i < first.Length && failure is null; i++)
                    failure = Values(trial.Tensors[i], expected, rounding, i, first[i].Values)
                        ?? Gradient(trial.Tensors[i], expected, rounding, i, first[i].Gradient)
                        ?? SameBits(trial.Tensors[i].Tensor.Name, first[i].Values, second[i].Values)
                        ?? SameBits("d " + trial.Tensors[i].Tensor.Name, first[i].Gradient, second[i].Gradient);
                return failure is null ? null : $"{c} on {device}: {failure}";
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return $"{c} on {device}: {e.GetType().Name}: {e.Message}";
        }
    }

    private static string? Values(Tracked t, Expectation expected, double rounding, int index, float[] actual)
    {
        for (int i = 0; i < t.Elements; i++)
        {
            double wanted = expected.Values[index][i], allowed = Tolerance.Of(wanted, t.Terms) + rounding * (expected.Magnitude?.Values[index][i] ?? 0);
            if (t.Role == TensorRole.Input && BitConverter.SingleToUInt32Bits(actual[i]) != BitConverter.SingleToUInt32Bits(t.Start[i]))
                return $"input {At(t.Tensor, i)} was changed from {t.Start[i]:R} to {actual[i]:R}";
            if (t.Role != TensorRole.Input && !expected.Ignored[index].Contains(i) && !(double.IsInfinity(wanted) ? actual[i] == wanted : Math.Abs(actual[i] - wanted) <= allowed))
                return Wrong(t.Tensor, i, wanted, actual[i], allowed);
        }
        return Behind(t.Tensor, t.Elements, actual);
    }

    private static string? Gradient(Tracked t, Expectation expected, double rounding, int index, float[] actual)
    {
        if (!t.HasCheckedGradient)
            return t.Role == TensorRole.Output ? Behind(t.Tensor.Gradient!, t.Elements, actual) : null;
        Tensor d = t.Tensor.Gradient!;
        double along = 0;
        for (int i = 0; i < t.Elements; i++)
        {
            if (float.IsNaN(actual[i]))
                return $"{At(d, i)} is NaN or was not written";
            along += actual[i] * Expectation.Sign(i);
        }
        for (int i = 0; i < expected.Gradients[index].Length; i++)
        {
            (int at, double wanted) = expected.Gradients[index][i];
            double tolerance = Tolerance.Of(wanted, t.Terms) + rounding * (expected.Magnitude?.Gradients[index][i].Value ?? 0);
            if (!(Math.Abs(actual[at] - wanted) <= tolerance))
                return Wrong(d, at, wanted, actual[at], tolerance);
        }
        double typical = actual.Take(t.Elements).Select(Math.Abs).DefaultIfEmpty().Average(), all = expected.Directional[index];
        double allowed = Tolerance.Of(typical, t.Terms) * Math.Sqrt(t.Elements) + 1e-6 + rounding * (expected.Magnitude?.Directional[index] ?? 0);
        if (!(Math.Abs(along - all) <= allowed))
            return $"the sum of {d} with random signs is {along:R}, by finite differences {all:R} ± {allowed:G3}";
        return float.IsNaN(t.GradientStart) ? Behind(d, t.Elements, actual) : null;
    }

    private static string? Behind(Tensor t, int used, float[] actual)
    {
        for (int i = used; i < actual.Length; i++)
            if (!float.IsNaN(actual[i]))
                return $"{At(t, i)}, behind the rows of the batch, was overwritten with {actual[i]:R}";
        return null;
    }

    private static string? SameBits(string name, float[] first, float[] second)
    {
        for (int i = 0; i < first.Length; i++)
            if (BitConverter.SingleToUInt32Bits(first[i]) != BitConverter.SingleToUInt32Bits(second[i]))
                return $"{name}[{i}] is {first[i]:R} in one run and {second[i]:R} in the next";
        return null;
    }

    private static string Wrong(Tensor t, int i, double expected, float actual, double tolerance) =>
        $"{At(t, i)} is {(float.IsNaN(actual) ? "NaN or was not written" : actual.ToString("R"))} instead of {expected:R} ± {tolerance:G3}";

    private static string At(Tensor t, int i) => $"{t}[{i / Math.Max(1, t.Columns)}, {i % Math.Max(1, t.Columns)}]";
}

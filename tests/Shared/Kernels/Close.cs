namespace GpuCtr.Tests;

/// <summary>Comparison with a float64 reference; NaN fails.</summary>
public static class Close
{
    /// <summary>|actual − expected| ≤ absolute + relative · |expected| for every element.</summary>
    public static void Assert(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, string what, double absolute = 1e-5, double relative = 1e-5)
    {
        Xunit.Assert.True(expected.Length == actual.Length, $"{what}: {actual.Length} values instead of {expected.Length}");
        for (int i = 0; i < expected.Length; i++)
            if (!(Math.Abs(actual[i] - expected[i]) <= absolute + relative * Math.Abs(expected[i])))
                Xunit.Assert.Fail($"{what}[{i}]: {actual[i]:R} instead of {expected[i]:R}");
    }
}

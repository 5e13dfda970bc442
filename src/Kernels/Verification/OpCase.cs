namespace GpuCtr.Kernels.Verification;

/// <summary>One op at one shape: how to set it up on a device, with its inputs and its float64 reference.</summary>
/// <param name="Op">Name of the op.</param>
/// <param name="Shape">Sizes and switches; unique within the op.</param>
/// <param name="Build">Fills in a trial.</param>
/// <param name="SimdOnly">The case is about the SIMD variant, and means nothing elsewhere.</param>
public sealed record OpCase(string Op, string Shape, Action<Trial> Build, bool SimdOnly = false)
{
    /// <summary>What any device must compute; the same for all of them, so it is worked out once.</summary>
    internal Expectation? Expected { get; set; }

    /// <summary>Whether <paramref name="device"/> can run it.</summary>
    public bool AppliesTo(Device device) => !SimdOnly || device.UsesSimd;

    /// <inheritdoc/>
    public override string ToString() => $"{Op} {Shape}";
}

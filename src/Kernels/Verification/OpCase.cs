using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Verification;

/// <summary>One op at one shape: how to set it up on a device, with its inputs and its float64 reference.</summary>
/// <param name="Op">Name of the op.</param>
/// <param name="Shape">Sizes and switches; unique within the op.</param>
/// <param name="Build">Fills in a trial.</param>
/// <param name="SimdOnly">The case is about the SIMD variant, and means nothing elsewhere.</param>
/// <param name="Multilinear">All that depends on a product of matrices does so linearly in each of its factors: what rounding them may move is known.</param>
public sealed record OpCase(string Op, string Shape, Action<Trial> Build, bool SimdOnly = false, bool Multilinear = false)
{
    /// <summary>What any device must compute; the same for all of them, so it is worked out once.</summary>
    internal Expectation? Expected { get; set; }

    /// <summary>Whether it means something on <paramref name="device"/>. A library of products is used by the linear layer alone, tensor cores by matrix products: other ops are what they are without them.</summary>
    public bool AppliesTo(Device device) => AppliesTo(device.UsesSimd, device.Kernels, device.Precision);

    internal bool AppliesTo(bool simd, KernelChoice kernels, Precision precision) =>
        (!SimdOnly || simd) && (kernels != KernelChoice.Library || Op == "linear") && (!precision.OnTensorCores() || Multilinear);

    /// <inheritdoc/>
    public override string ToString() => $"{Op} {Shape}";
}

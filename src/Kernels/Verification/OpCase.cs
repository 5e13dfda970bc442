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
    /// <summary>Cases of an op, each a shape that is recorded in the same way. A shape is a record structure: its parameters name the case.</summary>
    /// <param name="op">Name of the op.</param>
    /// <param name="shapes">The shapes, all different.</param>
    /// <param name="record">Fills in a trial of a shape.</param>
    /// <param name="multilinear">Whether a shape is multilinear; null: no shape is.</param>
    internal static IEnumerable<OpCase> Each<TShape>(string op, IEnumerable<TShape> shapes, Action<Trial, TShape> record, Func<TShape, bool>? multilinear = null) where TShape : struct =>
        shapes.Select(s => new OpCase(op, ShapeName.Of(s), t => record(t, s), Multilinear: multilinear?.Invoke(s) ?? false));

    /// <summary>Whether the case applies to <paramref name="device"/>: tensor cores round, and error bounds for that are known only for multilinear cases.</summary>
    public bool AppliesTo(Device device) => (!SimdOnly || device.UsesSimd) && (!device.Precision.OnTensorCores() || Multilinear);

    /// <inheritdoc/>
    public override string ToString() => $"{Op} {Shape}";
}

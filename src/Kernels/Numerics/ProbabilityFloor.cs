namespace GpuCtr.Kernels.Numerics;

/// <summary>ε that is added to a probability before its logarithm, so that no loss is above −log ε: the difference to −log σ(z).</summary>
/// <remarks>−log(σ(z) + ε) = softplus(−z) − softplus(λ − z) − log(1 + ε), λ = log(ε / (1 + ε)): no probability is computed that float32 rounds to 0 or 1. The difference is 0 if ε is 0.</remarks>
/// <param name="Epsilon">ε ≥ 0.</param>
public readonly record struct ProbabilityFloor(float Epsilon)
{
    private float Lambda => ILGPU.Algorithms.XMath.Log(Epsilon / (1 + Epsilon));

    /// <summary>softplus(λ − z) + log(1 + ε): how much smaller the loss is than softplus(−z).</summary>
    public float OfLoss(float z) => Epsilon > 0 ? Squash.Softplus(Lambda - z) + Squash.LogOfOnePlus(Epsilon) : 0;

    /// <summary>σ(λ − z): how much larger its derivative is than −σ(−z).</summary>
    public float OfSlope(float z) => Epsilon > 0 ? Squash.Sigmoid(Lambda - z) : 0;
}

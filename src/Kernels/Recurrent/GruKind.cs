namespace GpuCtr.Kernels.Recurrent;

/// <summary>The gate s, a function of the update gate z (the share of the old state), in h' = s h + (1 − s) n; a is an attention weight for each position.</summary>
public enum GruKind
{
    /// <summary>s = z (Cho et al. 2014).</summary>
    Gru,

    /// <summary>s = 1 − a: the attention in place of the gate (AGRU; Zhou et al., DIEN, AAAI 2019).</summary>
    Agru,

    /// <summary>s = 1 − a (1 − z): the share of the new state, times the attention (AUGRU, as in the paper).</summary>
    Augru,

    /// <summary>s = (1 − a) z, as VecAttGRUCell of the authors' code has it: another function.</summary>
    AugruOfficial,
}

/// <summary>s = Fixed + Gated z, the share of the old state at a position; both are linear in a.</summary>
/// <param name="Fixed">What does not depend on z.</param>
/// <param name="Gated">The factor of z.</param>
internal readonly record struct KeptShare(float Fixed, float Gated)
{
    /// <summary>The share under attention a.</summary>
    public static KeptShare Of(GruKind kind, float a) =>
        // No switch: ILGPU would compile it to a jump table, on which the lanes of a GPU diverge.
        new(KeepsUnattended(kind) ? 1 - a : 0, kind == GruKind.Gru ? 1 : kind == GruKind.Agru ? 0 : kind == GruKind.Augru ? a : 1 - a);

    /// <summary>Its derivative by a.</summary>
    public static KeptShare Slope(GruKind kind) =>
        // Floats: an optimizer turns integers into a converted boolean, which Oclgrind reads as 1 where it is −1.
        new(KeepsUnattended(kind) ? -1f : 0f, kind == GruKind.Augru ? 1f : kind == GruKind.AugruOfficial ? -1f : 0f);

    /// <summary>Whether a position without attention leaves the state unchanged.</summary>
    private static bool KeepsUnattended(GruKind kind) => kind == GruKind.Agru || kind == GruKind.Augru;
}

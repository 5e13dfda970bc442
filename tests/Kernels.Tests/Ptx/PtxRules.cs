using System.Text.RegularExpressions;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>What must not stand in the PTX of a kernel.</summary>
internal static partial class PtxRules
{
    /// <summary>The first broken rule, with its line; null if there is none.</summary>
    /// <remarks>Operands of tensor cores go through local memory here, which the assembler takes out: the stack it reports is what says so.</remarks>
    public static string? Breach(string ptx)
    {
        bool onTensorCores = ptx.Contains("mma.sync", StringComparison.Ordinal);
        foreach (string line in ptx.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("//", StringComparison.Ordinal)))
        {
            if (Double().IsMatch(line))
                return $"double precision: {line}";
            if (Atomic().IsMatch(line))
                return $"an atomic, whose order is not fixed: {line}";
            if (!onTensorCores && Local().IsMatch(line))
                return $"local memory, which is memory of the device: {line}";
            if (ClaimsUniform().IsMatch(line))
                return $"a branch that depends on something and claims that all threads take it alike: {line}";
            if (Generic().IsMatch(line))
                return $"a pointer whose address space the compiler lost: {line}";
        }
        return null;
    }

    /// <summary>Whether four floats are loaded or stored at once anywhere.</summary>
    public static bool MovesFourFloats(string ptx) => FourFloats().IsMatch(ptx);

    /// <summary>Whether four floats are loaded at once anywhere.</summary>
    public static bool LoadsFourFloats(string ptx) => FourFloatsLoaded().IsMatch(ptx);

    [GeneratedRegex(@"\b(ld|st)\.global\.v4\.f32")]
    private static partial Regex FourFloats();

    [GeneratedRegex(@"\bld\.global\.v4\.f32")]
    private static partial Regex FourFloatsLoaded();

    [GeneratedRegex(@"\.f64\b(?!.*\bdebug)")]
    private static partial Regex Double();

    [GeneratedRegex(@"^(@!?%\w+\s+)?(atom|red)\.(?!sync)")]
    private static partial Regex Atomic();

    [GeneratedRegex(@"(^|\s)\.local\b|\b(ld|st)\.local\b")]
    private static partial Regex Local();

    [GeneratedRegex(@"^@!?%\w+\s+bra\.uni\b|^brx\.idx\.uni\b")]
    private static partial Regex ClaimsUniform();

    [GeneratedRegex(@"^(@!?%\w+\s+)?(ld|st)\.(volatile\.)?(v[24]\.)?[bfsu]\d")]
    private static partial Regex Generic();
}

using System.Globalization;

namespace GpuCtr.SoftCuda;

/// <summary>What a machine is and how it behaves.</summary>
/// <param name="Capability">The GPU that it stands for (soft-cuda --capability).</param>
/// <param name="Seed">Decides the order of work on different streams (soft-cuda --seed).</param>
/// <param name="Checks">Whether races and reads of unwritten memory are looked for; accesses out of bounds always are (soft-cuda --no-checks).</param>
/// <param name="Contracts">Whether <c>a·b + c</c> is rounded once, as a driver's assembler has it where it may (soft-cuda --no-contraction).</param>
/// <param name="FindingsFile">File that findings are appended to, one a line; null: they are written to standard error.</param>
/// <param name="Start">What cuInit returns.</param>
public sealed record MachineSettings(
    Capability Capability, int Seed = 1, bool Checks = true, bool Contracts = true, string? FindingsFile = null, CudaResult Start = CudaResult.Success)
{
    /// <summary>The variable that asks for a machine.</summary>
    public const string Variable = "GPU_CTR_SOFT_CUDA";

    /// <summary>What the variables <c>GPU_CTR_SOFT_CUDA</c>, <c>…_SEED</c>, <c>…_CHECKS</c>, <c>…_CONTRACTION</c> and <c>…_FINDINGS</c> ask for; null if no machine is asked for.</summary>
    /// <param name="variable">The value of a variable; null if it is not set.</param>
    /// <exception cref="ArgumentException">A value is none of those that are known; the message names it in one line.</exception>
    public static MachineSettings? From(Func<string, string?> variable)
    {
        if (variable(Variable) is not { Length: > 0 } number)
            return null;
        string? findings = variable($"{Variable}_FINDINGS");
        bool checks = IsOn($"{Variable}_CHECKS", variable), contracts = IsOn($"{Variable}_CONTRACTION", variable);
        if (Capability.All.FirstOrDefault(c => c.ToString() == number) is not { } capability)
            throw new ArgumentException($"{Variable}={number} is no GPU that can be stood for: there are {string.Join(", ", Capability.All)}");
        return new(capability, SeedOf(variable($"{Variable}_SEED")), checks, contracts, string.IsNullOrEmpty(findings) ? null : findings);
    }

    private static bool IsOn(string name, Func<string, string?> variable) => variable(name) switch
    {
        null or "" or "on" => true,
        "off" => false,
        string other => throw new ArgumentException($"{name}={other} is neither on nor off"),
    };

    private static int SeedOf(string? text) =>
        string.IsNullOrEmpty(text) ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed) ? seed
        : throw new ArgumentException($"{Variable}_SEED={text} is no number of 0 or more");
}

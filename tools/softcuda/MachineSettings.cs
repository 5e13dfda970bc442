using System.Globalization;

namespace GpuCtr.SoftCuda;

/// <summary>What a machine is and how it behaves.</summary>
/// <param name="Capability">The GPU that it stands for (soft-cuda --capability).</param>
/// <param name="Seed">Decides the order of work on different streams (soft-cuda --seed).</param>
/// <param name="Checks">Whether races and reads of unwritten memory are looked for; accesses out of bounds always are (soft-cuda --no-checks).</param>
/// <param name="FindingsFile">File that findings are appended to, one a line; null: they are written to standard error.</param>
public sealed record MachineSettings(Capability Capability, int Seed = 1, bool Checks = true, string? FindingsFile = null)
{
    /// <summary>The variable that asks for a machine.</summary>
    public const string Variable = "GPU_CTR_SOFT_CUDA";

    /// <summary>What the variables <c>GPU_CTR_SOFT_CUDA</c>, <c>…_SEED</c>, <c>…_CHECKS</c> and <c>…_FINDINGS</c> ask for; null if no machine is asked for.</summary>
    /// <param name="variable">The value of a variable; null if it is not set.</param>
    /// <exception cref="ArgumentException">A value is none of those that are known; the message names it in one line.</exception>
    public static MachineSettings? From(Func<string, string?> variable)
    {
        if (variable(Variable) is not { Length: > 0 } number)
            return null;
        string? checks = variable($"{Variable}_CHECKS"), findings = variable($"{Variable}_FINDINGS");
        if (checks is not (null or "" or "on" or "off"))
            throw new ArgumentException($"{Variable}_CHECKS={checks} is neither on nor off");
        if (Capability.All.FirstOrDefault(c => c.ToString() == number) is not { } capability)
            throw new ArgumentException($"{Variable}={number} is no GPU that can be stood for: there are {string.Join(", ", Capability.All)}");
        return new(capability, SeedOf(variable($"{Variable}_SEED")), checks != "off", string.IsNullOrEmpty(findings) ? null : findings);
    }

    private static int SeedOf(string? text) =>
        string.IsNullOrEmpty(text) ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed) ? seed
        : throw new ArgumentException($"{Variable}_SEED={text} is no number of 0 or more");
}

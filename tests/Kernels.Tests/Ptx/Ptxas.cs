using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>NVIDIA's assembler, where it is there: $PTXAS, on the path, where .ci/ptxas puts it, or in a CUDA toolkit.</summary>
internal static partial class Ptxas
{
    /// <summary>The resources of a multiprocessor that a kernel takes.</summary>
    /// <param name="Registers">Of one thread.</param>
    /// <param name="SharedBytes">Of one group.</param>
    /// <param name="StackBytes">Of one thread.</param>
    /// <param name="SpillBytes">Stored and loaded by one thread.</param>
    public readonly record struct Usage(int Registers, int SharedBytes, int StackBytes, int SpillBytes);

    private static readonly Lazy<string?> path = new(Find);

    private static readonly Lazy<string> version = new(() => Release().Match(ChildProcess.Run(path.Value!, "--version").Out).Groups[1].Value);

    /// <summary>Release, as in 11.8; skips where the assembler is absent.</summary>
    public static string Version
    {
        get
        {
            Skip.If(path.Value is null, "ptxas is absent, so nothing was assembled: `.ci/ptxas` fetches it from Debian, or set PTXAS");
            return version.Value;
        }
    }

    /// <summary>Assembles for sm_<paramref name="architecture"/>; throws with the assembler's own message.</summary>
    public static Usage Assemble(string ptx, int architecture)
    {
        using TempFolder folder = new();
        CommandOutcome o = ChildProcess.Run(path.Value!, "-v", $"-arch=sm_{architecture}", "-o", "/dev/null", folder.Write("kernel.ptx", ptx));
        string output = o.Succeeded().Out + o.Error;
        return new(Number(Registers(), output), Number(Shared(), output), Number(Stack(), output), Number(SpillStores(), output) + Number(SpillLoads(), output));
    }

    private static int Number(Regex pattern, string text) => pattern.Match(text) is { Success: true } m ? int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable("PTXAS"), cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!string.IsNullOrEmpty(named))
            return named;
        if (string.IsNullOrEmpty(cache))
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), Path.Combine(cache, "gpu-ctr", "ptxas"), "/usr/local/cuda/bin"];
        return folders.Select(f => Path.Combine(f, OperatingSystem.IsWindows() ? "ptxas.exe" : "ptxas")).FirstOrDefault(File.Exists);
    }

    [GeneratedRegex(@"release (\d+\.\d+)")]
    private static partial Regex Release();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex SpillStores();

    [GeneratedRegex(@"(\d+) bytes spill loads")]
    private static partial Regex SpillLoads();
}

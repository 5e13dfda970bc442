namespace GpuCtr.Kernels.Blas;

/// <summary>Searches cuBLAS on the loader's path, in Python environments (pip install nvidia-cublas), in CUDA toolkits.</summary>
internal static class CuBlasFiles
{
    /// <summary>The environment variable that names a file to be tried first.</summary>
    public const string Variable = "GPU_CTR_CUBLAS";

    private static readonly int[] versions = [13, 12, 11];

    /// <summary>Names and paths to try, in this order: the named one, then newest version first, in each version the loader's path first.</summary>
    public static IEnumerable<string> All() => All(Environment.GetEnvironmentVariable, Directories);

    /// <summary>The same with another environment and other folders.</summary>
    /// <param name="variable">Value of an environment variable.</param>
    /// <param name="directories">Folders within a folder whose names match a pattern.</param>
    internal static IEnumerable<string> All(Func<string, string?> variable, Func<string, string, IEnumerable<string>> directories)
    {
        if (variable(Variable) is { Length: > 0 } named)
            yield return named;
        string[] folders = [.. Folders(variable, directories).Distinct()];
        foreach (int version in versions)
        {
            string name = Name("cublas", version);
            yield return name;
            foreach (string folder in folders)
                yield return Path.Combine(folder, name);
        }
    }

    /// <summary>cublasLt of the same version in the same folder, which cuBLAS needs and may not find; null for a bare name.</summary>
    public static string? Companion(string file) =>
        Path.GetDirectoryName(file) is { Length: > 0 } folder ? Path.Combine(folder, Path.GetFileName(file).Replace("cublas", "cublasLt", StringComparison.Ordinal)) : null;

    private static string Name(string library, int version) => OperatingSystem.IsWindows() ? $"{library}64_{version}.dll" : $"lib{library}.so.{version}";

    private static IEnumerable<string> Folders(Func<string, string?> variable, Func<string, string, IEnumerable<string>> directories)
    {
        foreach (string packages in Packages(variable, directories))
        {
            // One package for all of CUDA 13; one for each library before.
            foreach (string cuda in directories(Path.Combine(packages, "nvidia"), "cu1*"))
                yield return Path.Combine(cuda, Libraries);
            yield return Path.Combine(packages, "nvidia", "cublas", Libraries);
        }
        foreach (string? toolkit in new[] { variable("CUDA_HOME"), variable("CUDA_PATH") }.Concat(OperatingSystem.IsWindows() ? [] : directories("/usr/local", "cuda*").OrderDescending(StringComparer.Ordinal)))
            if (!string.IsNullOrEmpty(toolkit))
                yield return Path.Combine(toolkit, OperatingSystem.IsWindows() ? "bin" : "lib64");
    }

    private static string Libraries => OperatingSystem.IsWindows() ? "bin" : "lib";

    /// <summary>Folders of Python packages: of the active environment, of the Pythons on the path, of the user, of the system.</summary>
    private static IEnumerable<string> Packages(Func<string, string?> variable, Func<string, string, IEnumerable<string>> directories)
    {
        string?[] prefixes =
        [
            variable("VIRTUAL_ENV"), variable("CONDA_PREFIX"),
            .. (variable("PATH") ?? "").Split(Path.PathSeparator).Where(f => Path.GetFileName(f) == "bin").Select(Path.GetDirectoryName),
            variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local") : null, "/usr/local", "/usr",
        ];
        foreach (string prefix in prefixes.OfType<string>().Where(p => p.Length > 0))
        {
            yield return Path.Combine(prefix, "Lib", "site-packages");
            foreach (string python in directories(Path.Combine(prefix, "lib"), "python3*").OrderDescending(StringComparer.Ordinal))
                foreach (string packages in (string[])["site-packages", "dist-packages"])
                    yield return Path.Combine(python, packages);
        }
    }

    private static IEnumerable<string> Directories(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

namespace GpuCtr.Tests;

/// <summary>The files of the repository that tests read: documents that must say what the code does.</summary>
public static class Repository
{
    /// <summary>The folder of gpu-ctr.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        string at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "gpu-ctr.sln")))
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("gpu-ctr.sln is in no folder above the tests");
        return at;
    }
}

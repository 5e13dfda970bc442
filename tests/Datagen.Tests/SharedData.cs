namespace GpuCtr.Datagen.Tests;

/// <summary>The folder shared/data beside the repository: public data that cannot be part of it.</summary>
internal static class SharedData
{
    /// <summary>Full path of a file; skips the test where it is absent.</summary>
    public static string File(string name)
    {
        string folder = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(folder, "gpu-ctr.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("gpu-ctr.sln is in no folder above the tests");
        string path = Path.GetFullPath(Path.Combine(folder, "..", "shared", "data", name));
        Skip.IfNot(System.IO.File.Exists(path), $"../shared/data/{name} is not there: this test reads public data that is not part of the repository");
        return path;
    }
}

namespace GpuCtr.Engine.Tests;

/// <summary>Files of the repository that tests read: documentation and samples.</summary>
internal static class Repository
{
    /// <summary>Full path of a file or folder.</summary>
    public static string File(string name)
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(at.FullName, "gpu-ctr.sln")))
                return Path.Combine(at.FullName, name);
        }
        throw new InvalidOperationException("these tests run from within the repository");
    }
}

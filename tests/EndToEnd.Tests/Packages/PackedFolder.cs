namespace GpuCtr.EndToEnd.Tests.Packages;

/// <summary>The packages of this clone in a folder, the tool installed from there, and a model that the tool trained by the command of the README.</summary>
public sealed class PackedFolder : IDisposable
{
    public static string Version { get; } = typeof(CtrModel).Assembly.GetName().Version!.ToString(3);

    public PackedFolder()
    {
        ChildProcess.RunIn(Repository.Root, ChildProcess.DotNet, "pack", "gpu-ctr.sln", "--no-build", "-c", Repository.Configuration, "-o", Packages).Succeeded();
        // No other source, so the packed packages are installed and nothing is downloaded.
        Folder.Write("nuget.config", $"<configuration><packageSources><clear /><add key=\"packed\" value=\"{Packages}\" /></packageSources></configuration>");
        ChildProcess.RunIn(Folder.Path, ChildProcess.DotNet, "tool", "install", "gpu-ctr", "--tool-path", Folder.File("tools"), "--version", Version, "--configfile", Folder.File("nuget.config")).Succeeded();
    }

    public TempFolder Folder { get; } = new();

    public string Packages => Folder.File("packages");

    public string Tool => Folder.File(OperatingSystem.IsWindows() ? @"tools\gpu-ctr.exe" : "tools/gpu-ctr");

    public string Model => Folder.File("model");

    public void Dispose() => Folder.Dispose();
}

using Microsoft.Win32.SafeHandles;

namespace GpuCtr.Data.Sources;

/// <summary>A shard that is a file.</summary>
internal sealed class FileSource : IShardSource
{
    private readonly DateTime modified;
    private readonly bool existed;

    /// <summary>Reads size and time of the file.</summary>
    /// <param name="path">Full path.</param>
    public FileSource(string path)
    {
        FileInfo info = InfoOf(path);
        Path = path;
        existed = info.Exists;
        LengthBytes = existed ? info.Length : 0;
        modified = info.LastWriteTimeUtc;
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public string Target => RealPath.Of(Path);

    public IShardFolder Folder => new FileFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);

    public long LengthBytes { get; }

    public string Version => modified.ToString("O");

    public bool VersionIsContent => false;

    public int BufferBytes => 1 << 16;

    public IShardBytes Open()
    {
        CheckUnchanged();
        return new Bytes(File.OpenHandle(Path, options: FileOptions.None));
    }

    /// <summary>The file that a link leads to, not the link.</summary>
    private static FileInfo InfoOf(string path)
    {
        FileInfo info = new(path);
        return info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
    }

    private void CheckUnchanged()
    {
        FileInfo now = InfoOf(Path);
        if (!now.Exists && existed)
            throw GpuCtrException.IoError(new DataPlace(Path), "the file disappeared during the run; restore it and resume");
        if (now.Exists && (now.Length != LengthBytes || now.LastWriteTimeUtc != modified))
        {
            throw GpuCtrException.DataError(
                new DataPlace(Path), $"the file changed during the run ({LengthBytes} bytes of {modified:s}Z, now {now.Length} bytes of {now.LastWriteTimeUtc:s}Z); start again with files that do not change");
        }
    }

    private sealed class Bytes(SafeFileHandle handle) : IShardBytes
    {
        public int Read(long at, Span<byte> target) => RandomAccess.Read(handle, target, at);

        public void Dispose() => handle.Dispose();
    }
}

/// <summary>A folder of files.</summary>
/// <param name="Path">Full path.</param>
internal sealed record FileFolder(string Path) : IShardFolder
{
    public IShardFolder? Parent => System.IO.Path.GetDirectoryName(Path) is { } above ? new FileFolder(above) : null;

    public string PathOf(string name) => System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, name));

    public IEnumerable<string> NamesIn(string folder) =>
        Directory.Exists(PathOf(folder)) ? Directory.EnumerateFiles(PathOf(folder)).Select(f => System.IO.Path.GetFileName(f)) : [];

    public IShardSource? Find(string name) => Has(name) ? new FileSource(PathOf(name)) : null;

    public bool Has(string name) => File.Exists(PathOf(name));

    public string ReadText(string name) => File.ReadAllText(PathOf(name));

    public void WriteText(string name, string text)
    {
        string path = PathOf(name);
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path, overwrite: true);
    }
}

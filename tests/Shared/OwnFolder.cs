namespace GpuCtr.Tests;

/// <summary>Tests and fixtures that write files: each object has a folder, which is gone when it is disposed.</summary>
public abstract class OwnFolder : IDisposable
{
    public TempFolder Folder { get; } = new();

    public virtual void Dispose() => Folder.Dispose();
}

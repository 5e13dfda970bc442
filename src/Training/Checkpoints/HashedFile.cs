using System.IO.Hashing;
using GpuCtr.Data;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Length and hash of a file, to detect damage.</summary>
/// <param name="Bytes">Length.</param>
/// <param name="Xxh3">XXH3 of its bytes (64 bits), in hexadecimal.</param>
internal sealed record FileDigest(long Bytes, string Xxh3)
{
    /// <summary>The digest of some bytes.</summary>
    public static FileDigest Of(ReadOnlySpan<byte> bytes) => new(bytes.Length, Convert.ToHexStringLower(XxHash3.Hash(bytes)));

    /// <summary>The digest of an existing file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FileDigest Of(string path)
    {
        using FileStream file = File.OpenRead(path);
        XxHash3 hash = new();
        hash.Append(file);
        return new FileDigest(file.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }
}

/// <summary>Creates a file that is hashed while it is written, so that it need not be read again.</summary>
/// <exception cref="IOException">The disk is full or fails, or the file exists.</exception>
internal sealed class HashedFile(string path) : IDisposable
{
    private readonly FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    private readonly XxHash3 hash = new();

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        hash.Append(bytes);
        file.Write(bytes);
    }

    /// <summary>Syncs the file; returns its length and hash.</summary>
    public FileDigest Commit()
    {
        Disk.Flush(file);
        return new FileDigest(file.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}

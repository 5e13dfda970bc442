namespace GpuCtr.Data.Sources;

/// <summary>The source of a shard's bytes: a file, or an object of a store.</summary>
internal interface IShardSource
{
    /// <summary>Full path of a file, <c>s3://bucket/key</c> of an object; how messages name the shard.</summary>
    string Path { get; }

    /// <summary>The last part of the path.</summary>
    string Name { get; }

    /// <summary>The path with all links resolved; it identifies a shard that is named twice.</summary>
    string Target { get; }

    /// <summary>The folder of the shard.</summary>
    IShardFolder Folder { get; }

    /// <summary>Size when the shard was found.</summary>
    long LengthBytes { get; }

    /// <summary>Detects later changes: time of the last change (UTC) of a file, ETag of an object.</summary>
    string Version { get; }

    /// <summary>Whether different content always has a different <see cref="Version"/>: true for an ETag, false for a time, which can be set.</summary>
    bool VersionIsContent { get; }

    /// <summary>Number of bytes worth fetching at once.</summary>
    int BufferBytes { get; }

    /// <summary>Opens the bytes for reading, until disposed.</summary>
    /// <exception cref="GpuCtrException">Data: the shard changed since it was found. InputOutput: it is gone.</exception>
    /// <exception cref="IOException">A file cannot be opened; <see cref="UnauthorizedAccessException"/> if permission is lacking.</exception>
    IShardBytes Open();
}

/// <summary>The open bytes of a shard.</summary>
internal interface IShardBytes : IDisposable
{
    /// <summary>Fills <paramref name="target"/>, or a part of it, from byte <paramref name="at"/> on; returns the number of bytes read, 0 at the end.</summary>
    int Read(long at, Span<byte> target);
}

/// <summary>The folder of a shard; shards in the same folder have equal ones.</summary>
internal interface IShardFolder
{
    /// <summary>Full path, or address.</summary>
    string Path { get; }

    /// <summary>The parent folder; null at the top.</summary>
    IShardFolder? Parent { get; }

    /// <summary>Full path of a name in the folder. A name may contain folders: <c>_delta_log/0.json</c>.</summary>
    string PathOf(string name);

    /// <summary>Names of the entries of a subfolder, not deeper; none if there is no such folder or it may not be listed.</summary>
    IEnumerable<string> NamesIn(string folder);

    /// <summary>The shard of that name; null if there is none.</summary>
    IShardSource? Find(string name);

    /// <summary>Whether there is a file or object of that name.</summary>
    bool Has(string name);

    /// <summary>Reads a whole text.</summary>
    string ReadText(string name);

    /// <summary>Replaces a whole text atomically.</summary>
    void WriteText(string name, string text);
}

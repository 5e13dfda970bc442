namespace GpuCtr.Data.Sources;

/// <summary>Where the bytes of a shard are: a file, or an object of a store.</summary>
internal interface IShardSource
{
    /// <summary>Full path of a file, <c>s3://bucket/key</c> of an object; how messages name the shard.</summary>
    string Path { get; }

    /// <summary>The last part of the path.</summary>
    string Name { get; }

    /// <summary>The path behind links, by which a shard that is named twice is found out.</summary>
    string Target { get; }

    /// <summary>What is beside the shard.</summary>
    IShardFolder Folder { get; }

    /// <summary>Size when the shard was found.</summary>
    long LengthBytes { get; }

    /// <summary>Tells what was found from what is there later: time of the last change (UTC) of a file, ETag of an object.</summary>
    string Version { get; }

    /// <summary>Whether other content always has another <see cref="Version"/>; a time can be set to anything.</summary>
    bool VersionIsContent { get; }

    /// <summary>Bytes worth fetching at once.</summary>
    int BufferBytes { get; }

    /// <summary>Makes the bytes readable until they are disposed.</summary>
    /// <exception cref="GpuCtrException">Data: the shard changed since it was found. InputOutput: it is gone.</exception>
    /// <exception cref="IOException">A file cannot be opened; <see cref="UnauthorizedAccessException"/> where that is for lack of permission.</exception>
    IShardBytes Open();
}

/// <summary>The open bytes of a shard.</summary>
internal interface IShardBytes : IDisposable
{
    /// <summary>Fills <paramref name="target"/> from byte <paramref name="at"/> on, or a part of it; returns how many there were, 0 at the end.</summary>
    int Read(long at, Span<byte> target);
}

/// <summary>The folder of a shard; equal to that of every other shard in it.</summary>
internal interface IShardFolder
{
    /// <summary>Full path, or address.</summary>
    string Path { get; }

    /// <summary>The folder that this one is in; null at the top.</summary>
    IShardFolder? Parent { get; }

    /// <summary>Full path of what has that name in the folder. Names may lead through folders: <c>_delta_log/0.json</c>.</summary>
    string PathOf(string name);

    /// <summary>Names of what is in a folder of this folder, but not deeper; none if there is no such folder or it may not be listed.</summary>
    IEnumerable<string> NamesIn(string folder);

    /// <summary>What has that name; null if nothing has.</summary>
    IShardSource? Find(string name);

    /// <summary>Whether something has that name.</summary>
    bool Has(string name);

    /// <summary>Reads a whole text.</summary>
    string ReadText(string name);

    /// <summary>Writes a whole text, or leaves the one before.</summary>
    void WriteText(string name, string text);
}

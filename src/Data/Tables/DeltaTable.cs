using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tables;

/// <summary>The newest version of a Delta table: the files with its rows, and their columns according to its log.</summary>
/// <remarks>Format: github.com/delta-io/delta/blob/master/PROTOCOL.md</remarks>
internal sealed class DeltaTable
{
    private readonly IShardFolder root;
    private readonly Dictionary<string, DeltaFile> files = new(StringComparer.Ordinal);
    private readonly IReadOnlySet<string> names;
    private readonly IReadOnlyList<StoredColumn> columns;

    private DeltaTable(IShardFolder root, DeltaSnapshot snapshot)
    {
        this.root = root;
        Version = snapshot.Version;
        (names, columns) = DeltaSchema.Read(root.Path, snapshot.SchemaString);
        foreach (DeltaFile file in snapshot.Files)
            files[root.PathOf(Local(file.Path))] = file;
    }

    /// <summary>The folder of the table.</summary>
    public string Path => root.Path;

    /// <summary>The version.</summary>
    public long Version { get; }

    /// <summary>The table in a folder; null if there is none.</summary>
    /// <exception cref="GpuCtrException">Data: its log is damaged or requires unsupported features.</exception>
    public static DeltaTable? In(IShardFolder folder) => DeltaLog.Read(folder) is { } snapshot ? new DeltaTable(folder, snapshot) : null;

    /// <summary>All files.</summary>
    /// <param name="named">The table's folder as the user wrote it.</param>
    /// <exception cref="GpuCtrException">Data: a file is missing.</exception>
    public IEnumerable<FoundShard> Files(string named) => files.Values.Select(f => Shard(f, FoundShard.KeysOf(named)));

    /// <summary>A file that was found in the table's folder, as its log describes it; null if it is not part of this version.</summary>
    public FoundShard? Find(FoundShard found) => files.TryGetValue(found.Source.Path, out DeltaFile? file)
        ? new FoundShard(found.Source, KeysAbove(found)) { Declared = Declared(file), Columns = names }
        : null;

    private FoundShard Shard(DeltaFile file, IReadOnlyList<(string, string?)> keys)
    {
        IShardSource source = root.Find(Local(file.Path)) ?? throw GpuCtrException.DataError(
            $"{root.PathOf(Local(file.Path))}: missing, though version {Version} of the Delta table {Path} has it; restore the file, or repair the table (FSCK REPAIR TABLE)");
        return new FoundShard(source, keys) { Declared = Declared(file), Columns = names };
    }

    /// <summary>Partition values come from the log, not from folders inside the table.</summary>
    private IReadOnlyList<(string Key, string? Value)> KeysAbove(FoundShard found)
    {
        int inside = found.Source.Folder.Path[Path.Length..].Split('/', '\\').Count(FoundShard.IsPartition);
        return [.. found.Partitions.SkipLast(inside)];
    }

    /// <summary>Partition values, and nulls for columns that are newer than the file; columns of the file itself take precedence.</summary>
    private PartitionColumn[] Declared(DeltaFile file)
    {
        string path = root.PathOf(Local(file.Path));
        return [.. columns.Select(c => new PartitionColumn(c, file.Partitions.GetValueOrDefault(c.Name) is { Length: > 0 } value ? value : null).Checked(path))];
    }

    /// <summary>Decodes a path of the log, which is a URI, relative to the table or absolute.</summary>
    private string Local(string uri)
    {
        string path = Uri.UnescapeDataString(uri);
        int scheme = path.IndexOf(':');
        if (path.Contains('\0'))
            throw GpuCtrException.DataError(new DataPlace(Path), "the log of this Delta table has a file name with a zero character; restore the log, or write the table again");
        if (scheme <= 0 || path.AsSpan(0, scheme).ContainsAny('/', '='))
            return path;
        return path[..scheme] == "file" && !ShardStores.IsAddress(Path)
            ? path[scheme..].TrimStart(':').Replace("///", "/")
            : throw GpuCtrException.DataError(new DataPlace(Path), $"this Delta table has a file in another place ({path}), as shallow clones do; write its rows as plain Parquet");
    }
}

/// <summary>A file of a Delta table.</summary>
/// <param name="Path">Its path in the log.</param>
/// <param name="Partitions">Partition values, the same for all its rows; null or empty is null.</param>
/// <param name="DeletionVector">Marks some of its rows as deleted; null if there is none.</param>
internal sealed record DeltaFile(string Path, IReadOnlyDictionary<string, string?> Partitions, string? DeletionVector);

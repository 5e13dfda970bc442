using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tables;

/// <summary>The newest version of a Delta table: the files that hold its rows, and what its log says about their columns.</summary>
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

    /// <summary>Version that is read.</summary>
    public long Version { get; }

    /// <summary>The table in a folder; null if there is none.</summary>
    /// <exception cref="GpuCtrException">Data: its log is damaged or asks for more than can be read here.</exception>
    public static DeltaTable? In(IShardFolder folder) => DeltaLog.Read(folder) is { } snapshot ? new DeltaTable(folder, snapshot) : null;

    /// <summary>All files.</summary>
    /// <param name="named">How the user named the table's folder.</param>
    /// <exception cref="GpuCtrException">Data: one is not there.</exception>
    public IEnumerable<FoundShard> Files(string named) => files.Values.Select(f => Shard(f, FoundShard.KeysOf(named)));

    /// <summary>A file that was found in the table's folder, as its log describes it; null if the table does not have it.</summary>
    public FoundShard? Find(FoundShard found) => files.TryGetValue(found.Source.Path, out DeltaFile? file)
        ? new FoundShard(found.Source, KeysAbove(found)) { Declared = Declared(file), Columns = names }
        : null;

    private FoundShard Shard(DeltaFile file, IReadOnlyList<(string, string?)> keys)
    {
        IShardSource source = root.Find(Local(file.Path)) ?? throw GpuCtrException.DataError(
            $"{root.PathOf(Local(file.Path))}: missing, though version {Version} of the Delta table {Path} has it; restore the file, or repair the table (FSCK REPAIR TABLE)");
        return new FoundShard(source, keys) { Declared = Declared(file), Columns = names };
    }

    /// <summary>Folders inside the table say nothing that the log does not say better.</summary>
    private IReadOnlyList<(string Key, string? Value)> KeysAbove(FoundShard found)
    {
        int inside = found.Source.Folder.Path[Path.Length..].Split('/', '\\').Count(FoundShard.IsPartition);
        return [.. found.Partitions.SkipLast(inside)];
    }

    /// <summary>The values of partitions, and null for what was added to the table after the file was written: what a file has itself goes first.</summary>
    private PartitionColumn[] Declared(DeltaFile file)
    {
        string path = root.PathOf(Local(file.Path));
        return [.. columns.Select(c => new PartitionColumn(c, file.Partitions.GetValueOrDefault(c.Name) is { Length: > 0 } value ? value : null).Checked(path))];
    }

    /// <summary>Paths in the log are URIs, relative to the table unless they name another place.</summary>
    private string Local(string uri)
    {
        string path = Uri.UnescapeDataString(uri);
        int scheme = path.IndexOf(':');
        if (path.Contains('\0'))
            throw GpuCtrException.DataError($"{Path}: the log of this Delta table has a file whose name has a zero in it; restore the log, or write the table again");
        if (scheme <= 0 || path.AsSpan(0, scheme).ContainsAny('/', '='))
            return path;
        return path[..scheme] == "file" && !ObjectPaths.IsObject(Path)
            ? path[scheme..].TrimStart(':').Replace("///", "/")
            : throw GpuCtrException.DataError($"{Path}: this Delta table has a file in another place ({path}), as shallow clones do; write its rows as plain Parquet");
    }
}

/// <summary>A file of a Delta table.</summary>
/// <param name="Path">As the log has it.</param>
/// <param name="Partitions">The same value for all its rows; null or empty is null.</param>
/// <param name="DeletionVector">What marks some of its rows as deleted; null if nothing does.</param>
internal sealed record DeltaFile(string Path, IReadOnlyDictionary<string, string?> Partitions, string? DeletionVector);

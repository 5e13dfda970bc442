using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tables;

/// <summary>Reads a checkpoint of a Delta table, or a part of one: a Parquet file with one struct column per kind of action; each row has one action.</summary>
internal sealed class DeltaCheckpoint
{
    private readonly Shard shard;
    private readonly ShardReader reader;
    private readonly int group;
    private readonly Dictionary<string, ColumnBuffer> columns = new(StringComparer.Ordinal);

    private DeltaCheckpoint(Shard shard, ShardReader reader, int group) => (this.shard, this.reader, this.group) = (shard, reader, group);

    /// <summary>Applies all actions of the checkpoint to a snapshot.</summary>
    /// <exception cref="GpuCtrException">Data or InputOutput, as for any shard; Data: a checkpoint with sidecar files.</exception>
    public static void Read(IShardSource source, DeltaSnapshot into)
    {
        Shard shard = Shard.OpenLeaves(source);
        using ShardReader reader = shard.Rent();
        foreach (RowGroupRef group in shard.RowGroups)
        {
            var rows = new DeltaCheckpoint(shard, reader, group.Group);
            for (int r = 0; r < group.Rows; r++)
                rows.Apply(r, into);
        }
    }

    private void Apply(int r, DeltaSnapshot into)
    {
        if (Text("sidecar.path", r) is not null)
            throw GpuCtrException.DataError(new DataPlace(shard.Path), $"a checkpoint of version 2 with sidecars, which is not read; {DeltaFeatures.Advice(shard.Folder.Parent?.Path ?? "table")}");
        if (Text("add.path", r) is { } path)
            into.Add(new DeltaFile(path, Map("add.partitionValues.", r), DeletionVector(r)));
        if (Text("metaData.schemaString", r) is { } schema)
            (into.SchemaString, into.Configuration) = (schema, Map("metaData.configuration.", r));
        if (Column("protocol.minReaderVersion", ValueKind.Integer) is { } version && !version.IsNull(r))
            (into.ReaderVersion, into.ReaderFeatures) = ((int)version.Integers[r], [.. Under("protocol.readerFeatures.").SelectMany(c => List(c, r)).OfType<string>()]);
    }

    private string? DeletionVector(int r) => Text("add.deletionVector.storageType", r) is { } storage
        ? DeltaSnapshot.DeletionVectorId(storage, Text("add.deletionVector.pathOrInlineDv", r), Column("add.deletionVector.offset", ValueKind.Integer) is { } at && !at.IsNull(r) ? at.Integers[r] : null)
        : null;

    /// <summary>Keys and values of a map: its first and second leaf, which writers name differently.</summary>
    private Dictionary<string, string?> Map(string prefix, int r)
    {
        string[] leaves = [.. Under(prefix)];
        return leaves.Length == 2 ? List(leaves[0], r).Zip(List(leaves[1], r)).ToDictionary(p => p.First ?? "", p => p.Second, StringComparer.Ordinal) : [];
    }

    private IEnumerable<string> Under(string prefix) => shard.Columns.Where(c => c.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(c => c.Name);

    private string? Text(string name, int r) => Column(name) is { } column && !column.IsNull(r) ? column.Texts[r].ToString() : null;

    private IEnumerable<string?> List(string name, int r)
    {
        ColumnBuffer column = Column(name, isList: true)!;
        return Enumerable.Range(column.Offsets[r], column.Offsets[r + 1] - column.Offsets[r]).Select(i => column.IsNull(i) ? null : column.Texts[i].ToString());
    }

    private ColumnBuffer? Column(string name, ValueKind kind = ValueKind.Text, bool isList = false)
    {
        if (shard.Column(name) is not { } found)
            return null;
        if (found.Kind != kind || found.IsList != isList)
            throw GpuCtrException.DataError(new DataPlace(shard.Path), $"'{name}' is {found.TypeName}, which checkpoints of Delta tables do not have; remove the checkpoint if all commits are there");
        if (!columns.TryGetValue(name, out ColumnBuffer? column))
            reader.Read(group, name, columns[name] = column = new ColumnBuffer());
        return column;
    }
}

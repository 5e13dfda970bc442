using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Checkpoints;
using Parquet.Serialization;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Writes a Delta table: data files and the actions of its log.</summary>
internal sealed class DeltaFolder(string path)
{
    private readonly List<string> actions = [];
    private long version;

    public string Path => path;

    /// <summary>Protocol and columns of the usual table: label, a, and day as a partition.</summary>
    public DeltaFolder Create(int reader = 1, string[]? features = null, object? configuration = null, string day = "date") =>
        Protocol(reader, features).Columns(Schema(("label", "integer"), ("a", "integer"), ("day", day)), configuration);

    public DeltaFolder Protocol(int reader, string[]? features = null) => Action(new { protocol = new { minReaderVersion = reader, minWriterVersion = 2, readerFeatures = features } });

    public DeltaFolder Columns(string schema, object? configuration = null) =>
        Action(new { metaData = new { id = "x", format = new { provider = "parquet" }, schemaString = schema, partitionColumns = new[] { "day" }, configuration = configuration ?? new { } } });

    /// <summary>Writes a file of three rows and adds it.</summary>
    public DeltaFolder Add(string file, int value, string? day, object? vector = null, string? uri = null)
    {
        Shard(file, value);
        return Action(new { add = new { path = uri ?? file, partitionValues = new { day }, size = 1, modificationTime = 1, dataChange = true, deletionVector = vector } });
    }

    public void Shard(string file, int value)
    {
        string full = System.IO.Path.Combine(path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        new TestShard().Column("label", 0, 1, 0).Column("a", value, value, value).Write(full);
    }

    public DeltaFolder Remove(string file, object? vector = null) => Action(new { remove = new { path = file, dataChange = true, deletionVector = vector } });

    public DeltaFolder Action(object action)
    {
        actions.Add(JsonSerializer.Serialize(action));
        return this;
    }

    /// <summary>Writes the pending actions as the next version.</summary>
    public DeltaFolder Commit()
    {
        File.WriteAllText(Log($"{version++:D20}.json"), string.Join('\n', [.. actions, "{\"commitInfo\":{\"operation\":\"WRITE\"}}"]) + "\n");
        actions.Clear();
        return this;
    }

    public string Log(string name)
    {
        Directory.CreateDirectory(System.IO.Path.Combine(path, "_delta_log"));
        return System.IO.Path.Combine(path, "_delta_log", name);
    }

    public static string Schema(params (string Name, string Type)[] columns) => new JsonObject
    {
        ["type"] = "struct",
        ["fields"] = new JsonArray([.. columns.Select(c => new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["nullable"] = true, ["metadata"] = new JsonObject() })]),
    }.ToJsonString();

    /// <summary>Writes a checkpoint of the files, in parts if there are several.</summary>
    public DeltaFolder Checkpoint(long of, int parts, params (string File, string Day)[] files)
    {
        var protocol = new CheckpointRow { protocol = new CheckpointProtocol { minReaderVersion = 1, minWriterVersion = 2 } };
        var columns = new CheckpointRow { metaData = new CheckpointColumns { schemaString = Schema(("label", "integer"), ("a", "integer"), ("day", "date")), configuration = new() { ["delta.x"] = "1" } } };
        CheckpointRow[] rows = [protocol, columns, .. files.Select(f => new CheckpointRow { add = new CheckpointAdd { path = f.File, partitionValues = new() { ["day"] = f.Day } } }),
            new CheckpointRow { remove = new CheckpointRemove { path = "gone.parquet" } }];
        for (int part = 1; part <= parts; part++)
        {
            using FileStream file = File.Create(Log(parts == 1 ? $"{of:D20}.checkpoint.parquet" : $"{of:D20}.checkpoint.{part:D10}.{parts:D10}.parquet"));
            ParquetSerializer.SerializeAsync(rows.Where((_, i) => i % parts == part - 1), file).GetAwaiter().GetResult();
        }

        return this;
    }

    public sealed class CheckpointRow
    {
        public CheckpointProtocol? protocol { get; set; }

        public CheckpointColumns? metaData { get; set; }

        public CheckpointAdd? add { get; set; }

        public CheckpointRemove? remove { get; set; }
    }

    public sealed class CheckpointProtocol
    {
        public int minReaderVersion { get; set; }

        public int minWriterVersion { get; set; }

        public List<string>? readerFeatures { get; set; }
    }

    public sealed class CheckpointColumns
    {
        public string? schemaString { get; set; }

        public List<string>? partitionColumns { get; set; }

        public Dictionary<string, string>? configuration { get; set; }
    }

    public sealed class CheckpointAdd
    {
        public string? path { get; set; }

        public Dictionary<string, string?>? partitionValues { get; set; }

        public long size { get; set; }
    }

    public sealed class CheckpointRemove
    {
        public string? path { get; set; }
    }
}

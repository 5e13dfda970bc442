using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tables;

/// <summary>The state of a Delta table after the actions of its log.</summary>
internal sealed class DeltaSnapshot
{
    // Files are keyed by path and deletion vector: the same file with another vector is added and removed separately.
    private readonly Dictionary<(string Path, string? DeletionVector), DeltaFile> files = [];

    /// <summary>Version of the last applied commit; −1 before the first.</summary>
    public long Version { get; set; } = -1;

    /// <summary>The files with the table's rows.</summary>
    public IEnumerable<DeltaFile> Files => files.Values;

    /// <summary>The columns, as JSON.</summary>
    public string SchemaString { get; set; } = "";

    /// <summary>Properties of the table.</summary>
    public IReadOnlyDictionary<string, string?> Configuration { get; set; } = new Dictionary<string, string?>();

    /// <summary>Minimum reader version.</summary>
    public int ReaderVersion { get; set; }

    /// <summary>Features that readers of version 3 must support.</summary>
    public IReadOnlyList<string> ReaderFeatures { get; set; } = [];

    /// <summary>Adds a file.</summary>
    public void Add(DeltaFile file) => files[(Uri.UnescapeDataString(file.Path), file.DeletionVector)] = file;

    /// <summary>Applies an action of a commit: one object with one member.</summary>
    /// <exception cref="JsonException">It is not an action.</exception>
    public void Apply(JsonElement action)
    {
        foreach (JsonProperty member in action.EnumerateObject())
        {
            JsonElement value = member.Value;
            switch (member.Name)
            {
                case "add":
                    Add(new DeltaFile(Text(value, "path"), Texts(value, "partitionValues"), DeletionVector(value)));
                    break;
                case "remove":
                    files.Remove((Uri.UnescapeDataString(Text(value, "path")), DeletionVector(value)));
                    break;
                case "metaData":
                    // A table under creation may have no columns yet.
                    (SchemaString, Configuration) = (value.TryGetProperty("schemaString", out JsonElement schema) ? schema.GetString() ?? "" : "", Texts(value, "configuration"));
                    break;
                case "protocol":
                    ReaderVersion = value.GetProperty("minReaderVersion").GetInt32();
                    ReaderFeatures = value.TryGetProperty("readerFeatures", out JsonElement features) && features.ValueKind == JsonValueKind.Array
                        ? [.. features.EnumerateArray().Select(f => f.GetString()!)] : [];
                    break;
            }
        }
    }

    /// <summary>Key of a deletion vector.</summary>
    public static string DeletionVectorId(string? storage, string? place, object? offset) => $"{storage} {place} {offset}";

    private static string? DeletionVector(JsonElement file) => file.TryGetProperty("deletionVector", out JsonElement vector) && vector.ValueKind == JsonValueKind.Object
        ? DeletionVectorId(Text(vector, "storageType"), Text(vector, "pathOrInlineDv"), vector.TryGetProperty("offset", out JsonElement offset) && offset.ValueKind == JsonValueKind.Number ? offset.GetInt64() : null)
        : null;

    private static string Text(JsonElement of, string member) => of.GetProperty(member).GetString() ?? throw new JsonException($"'{member}' is null");

    private static Dictionary<string, string?> Texts(JsonElement of, string member) =>
        of.TryGetProperty(member, out JsonElement map) && map.ValueKind == JsonValueKind.Object
            ? map.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString(), StringComparer.Ordinal)
            : [];
}

using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tables;

/// <summary>What the actions of a log add up to.</summary>
internal sealed class DeltaSnapshot
{
    // A file with another deletion vector is another one: they come and go by their own.
    private readonly Dictionary<(string Path, string? DeletionVector), DeltaFile> files = [];

    /// <summary>Version of the last commit that was taken in; −1 before the first.</summary>
    public long Version { get; set; } = -1;

    /// <summary>The files that have the rows.</summary>
    public IEnumerable<DeltaFile> Files => files.Values;

    /// <summary>The columns, as JSON.</summary>
    public string SchemaString { get; set; } = "";

    /// <summary>Properties of the table.</summary>
    public IReadOnlyDictionary<string, string?> Configuration { get; set; } = new Dictionary<string, string?>();

    /// <summary>Which readers may read it.</summary>
    public int ReaderVersion { get; set; }

    /// <summary>What readers of version 3 must know.</summary>
    public IReadOnlyList<string> ReaderFeatures { get; set; } = [];

    /// <summary>A file belongs to the table.</summary>
    public void Add(DeltaFile file) => files[(Uri.UnescapeDataString(file.Path), file.DeletionVector)] = file;

    /// <summary>Takes an action of a commit in: one object with one member.</summary>
    /// <exception cref="JsonException">It is none.</exception>
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
                    // A table that is just being made may have no columns yet.
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

    /// <summary>Tells one deletion vector from another.</summary>
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

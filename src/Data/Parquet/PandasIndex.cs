using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Parquet;

/// <summary>
/// The index of a pandas table: row numbers that <c>to_parquet</c> writes as a column <c>__index_level_0__</c> when rows were
/// filtered or sorted before. It identifies rows and is not data. An index with a name was named on purpose and stays.
/// </summary>
internal static partial class PandasIndex
{
    /// <summary>Key of pandas' metadata in the footer.</summary>
    public const string Key = "pandas";

    /// <summary>Columns that hold unnamed indexes.</summary>
    /// <param name="metadata">The value of <see cref="Key"/>; null if there is none.</param>
    public static IReadOnlySet<string> Unnamed(string? metadata)
    {
        try
        {
            // An index of consecutive numbers is described by a JSON object and has no column.
            using JsonDocument json = JsonDocument.Parse(metadata ?? "{}");
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("index_columns", out JsonElement columns) && columns.ValueKind == JsonValueKind.Array
                ? columns.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.String).Select(c => c.GetString()!).Where(name => Placeholder().IsMatch(name)).ToHashSet(StringComparer.Ordinal)
                : new HashSet<string>();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new HashSet<string>(); // not from pandas
        }
    }

    [GeneratedRegex(@"^__index_level_\d+__$")]
    private static partial Regex Placeholder();
}

using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Parquet;

/// <summary>
/// The index of a pandas table: row numbers that <c>to_parquet</c> writes as a column <c>__index_level_0__</c> when rows were
/// filtered or sorted before. It identifies rows and is no data. An index that has a name was given it by somebody and stays.
/// </summary>
internal static partial class PandasIndex
{
    /// <summary>Key of what pandas and Arrow say in the footer about columns.</summary>
    public const string Key = "pandas";

    /// <summary>Columns that hold indexes without a name.</summary>
    /// <param name="metadata">What stands under <see cref="Key"/>; null if nothing does.</param>
    public static IReadOnlySet<string> Unnamed(string? metadata)
    {
        try
        {
            // An index of consecutive numbers is an object that describes them and has no column.
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

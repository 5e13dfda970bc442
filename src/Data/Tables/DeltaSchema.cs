using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tables;

/// <summary>The columns of a Delta table according to its log; a column that a file lacks is null in its rows.</summary>
internal static partial class DeltaSchema
{
    /// <summary>The names of all top-level columns, and the columns with a supported type.</summary>
    /// <param name="path">Path of the table, for errors.</param>
    /// <param name="schemaString">The schema in the log, as JSON.</param>
    /// <exception cref="GpuCtrException">Data: not a schema.</exception>
    public static (IReadOnlySet<string> Names, IReadOnlyList<StoredColumn> Columns) Read(string path, string schemaString)
    {
        try
        {
            using JsonDocument schema = JsonDocument.Parse(schemaString);
            (string Name, JsonElement Type)[] fields = [.. schema.RootElement.GetProperty("fields").EnumerateArray().Select(f => (f.GetProperty("name").GetString()!, f.GetProperty("type")))];
            return (fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal), [.. fields.Select(f => Column(f.Name, f.Type)).OfType<StoredColumn>()]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"the schema in the log of this Delta table cannot be read ({ShardReader.Reason(e)}); restore the log, or write the table again", e);
        }
    }

    private static StoredColumn? Column(string name, JsonElement type)
    {
        if (type.ValueKind == JsonValueKind.String)
            return Column(name, type.GetString()!);
        if (type.GetProperty("type").GetString() != "array" || type.GetProperty("elementType") is not { ValueKind: JsonValueKind.String } element)
            return null;
        return Column(name, element.GetString()!) is { } item ? item with { IsList = true, TypeName = $"list<{item.TypeName}>" } : null;
    }

    private static StoredColumn? Column(string name, string type) => type switch
    {
        "boolean" => new(name, ValueKind.Integer, false, "bool"),
        "byte" => new(name, ValueKind.Integer, false, "int8"),
        "short" => new(name, ValueKind.Integer, false, "int16"),
        "integer" => new(name, ValueKind.Integer, false, "int32"),
        "long" => new(name, ValueKind.Integer, false, "int64"),
        "float" or "double" => new(name, ValueKind.Real, false, type),
        "string" or "binary" => new(name, ValueKind.Text, false, type),
        "date" => new(name, ValueKind.Time, false, type),
        "timestamp" or "timestamp_ntz" => new(name, ValueKind.Time, false, "timestamp"),
        _ => Decimal().Match(type) is { Success: true } d && int.Parse(d.Groups[1].ValueSpan, CultureInfo.InvariantCulture) <= 18
            ? new(name, d.Groups[2].ValueSpan is "0" ? ValueKind.Integer : ValueKind.Real, false, type)
            : null,
    };

    [GeneratedRegex(@"^decimal\((\d{1,2}),(\d{1,2})\)$")]
    private static partial Regex Decimal();
}

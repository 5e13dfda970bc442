using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuCtr.Data;

/// <summary>The JSON format of this program: snake_case names, enumerations as words.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions line = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private static readonly JsonSerializerOptions indented = new(line) { WriteIndented = true };

    /// <summary>Writes JSON on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, line);

    /// <summary>Writes indented JSON.</summary>
    public static string Indented<T>(T value) => JsonSerializer.Serialize(value, indented);

    /// <summary>Reads JSON.</summary>
    /// <exception cref="JsonException">The text is not JSON of this type.</exception>
    public static T Parse<T>(string text) => JsonSerializer.Deserialize<T>(text, line) ?? throw new JsonException("it is empty");
}

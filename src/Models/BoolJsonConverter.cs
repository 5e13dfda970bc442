using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuCtr.Models;

/// <summary>Writes a choice of two as a bool, which it was in the checkpoints of earlier versions: the first value is <c>false</c>, the second <c>true</c>.</summary>
public sealed class BoolJsonConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Enum.GetValues<T>()[reader.GetBoolean() ? 1 : 0];

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteBooleanValue(!value.Equals(default(T)));
}

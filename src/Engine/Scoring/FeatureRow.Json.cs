using System.Text.Json;
using GpuCtr.Engine.Data;
using GpuCtr.Engine.Scoring;

namespace GpuCtr;

public sealed partial class FeatureRow
{
    /// <summary>Clears the row and sets it from a JSON object, whose properties are columns; null is a missing value.</summary>
    /// <exception cref="ArgumentException">It is no object, the model reads no such column, or a value is of another kind than in training.</exception>
    public FeatureRow SetJson(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"a row is a JSON object with a property for each column, not {row.ValueKind.ToString().ToLowerInvariant()}", nameof(row));
        Clear();
        foreach (JsonProperty property in row.EnumerateObject())
        {
            // Looked up for null as well: a misspelt column is never taken for a missing value.
            RowSlot slot = Encoder.Slot(property.Name);
            if (property.Value.ValueKind != JsonValueKind.Null)
                SetValue(slot, property.Value);
        }
        return this;
    }

    private void SetValue(RowSlot slot, JsonElement value)
    {
        string column = slot.Column.Name;
        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False: Set(column, value.GetBoolean()); break;
            case JsonValueKind.String: Set(column, value.GetString()!.AsSpan()); break;
            case JsonValueKind.Number when value.TryGetInt64(out long signed): Set(column, signed); break;
            case JsonValueKind.Number when value.TryGetUInt64(out ulong unsigned): Set(column, unsigned); break;
            case JsonValueKind.Number: Set(column, value.GetDouble()); break;
            case JsonValueKind.Array when slot.Column.Use == ColumnUse.List: SetArray(slot, value); break;
            default: throw RowEncoder.Mismatch(slot, $"a JSON {value.ValueKind.ToString().ToLowerInvariant()}");
        }
    }

    private void SetArray(RowSlot slot, JsonElement array)
    {
        int[] list = Begin(slot, array.GetArrayLength(), out int first);
        VocabularyTable vocabulary = Encoder.ListVocabulary(slot.Index);
        int i = 0;
        foreach (JsonElement entry in array.EnumerateArray())
        {
            int row = entry.ValueKind switch
            {
                JsonValueKind.Null => VocabularyTable.NullRow,
                JsonValueKind.String when vocabulary.Kind == ValueKind.Text => vocabulary.RowOf(entry.GetString()),
                JsonValueKind.Number when vocabulary.Kind != ValueKind.Text && entry.TryGetInt64(out long signed) => vocabulary.RowOf(signed, ValueKind.Integer),
                JsonValueKind.Number when vocabulary.Kind != ValueKind.Text && entry.TryGetUInt64(out ulong unsigned) => vocabulary.RowOf(unchecked((long)unsigned), ValueKind.Unsigned),
                _ => throw RowEncoder.Mismatch(slot, $"the entry {entry.GetRawText()}"),
            };
            if (i++ >= first)
                list[i - 1 - first] = row;
        }
    }
}

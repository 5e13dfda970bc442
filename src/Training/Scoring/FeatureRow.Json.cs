using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Scoring;

namespace GpuCtr;

public sealed partial class FeatureRow
{
    /// <summary>Clears the row and sets it from a JSON object whose properties are columns of the training shards; null is a missing value.</summary>
    /// <remarks>
    /// An integer may be written 42, 42.0, 4.2e1 or "42", a boolean true or 1, a time in ISO 8601. Label and group column are ignored; any other column that the model does not read is an error.
    /// </remarks>
    /// <exception cref="ArgumentException">The element is not an object, the model reads no such column, or a value has another type than in training; the row is then cleared.</exception>
    public FeatureRow SetJson(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"a row is a JSON object with a property for each column, not {row.ValueKind.ToString().ToLowerInvariant()}", nameof(row));
        Clear();
        try
        {
            foreach (JsonProperty property in row.EnumerateObject())
                SetProperty(property);
            return this;
        }
        catch
        {
            Clear();
            throw;
        }
    }

    private void SetProperty(JsonProperty property)
    {
        InnerFor(property.Name)?.SetProperty(property);
        if (Encoder.IsUnread(property.Name) || Encoder.Skips(property.Name))
            return;
        // The column is looked up even if the value is null: a misspelt column is never taken for a missing value.
        RowSlot slot = Slot(property.Name);
        if (property.Value.ValueKind != JsonValueKind.Null)
            SetValue(slot, property.Value);
    }

    private void SetValue(RowSlot slot, JsonElement value)
    {
        string column = slot.Column.Name;
        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False: Set(column, value.GetBoolean()); break;
            case JsonValueKind.String: Set(column, value.GetString()!.AsSpan()); break;
            case JsonValueKind.Number when WholeNumber.Of(value) is { } integer: Set(column, integer.Bits, integer.Kind); break;
            case JsonValueKind.Number: Set(column, value.GetDouble()); break;
            case JsonValueKind.Array when slot.Column.Use == ColumnUse.List: SetArray(slot, value); break;
            case JsonValueKind.Array when slot.Column.Use == ColumnUse.Vector: SetVector(column, NumbersOf(slot, value)); break;
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
            int row = RowOf(slot, vocabulary, entry);
            if (i++ >= first)
                list[i - 1 - first] = row;
        }
    }

    private static double[] NumbersOf(RowSlot slot, JsonElement array) =>
        [.. array.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : throw RowEncoder.Mismatch(slot, $"the entry {RowEncoder.Short(e.GetRawText())}"))];

    private static int RowOf(RowSlot slot, VocabularyTable vocabulary, JsonElement entry) => (entry.ValueKind, vocabulary.Kind == ValueKind.Text) switch
    {
        (JsonValueKind.Null, _) => VocabularyTable.NullRow,
        (JsonValueKind.String, true) => vocabulary.RowOf(entry.GetString()),
        (JsonValueKind.String, false) when WholeNumber.OfCanonical(entry.GetString()) is { } integer => vocabulary.RowOf(integer.Bits, integer.Kind),
        (JsonValueKind.Number, false) when WholeNumber.Of(entry) is { } integer => vocabulary.RowOf(integer.Bits, integer.Kind),
        (JsonValueKind.True or JsonValueKind.False, false) => vocabulary.RowOf(entry.GetBoolean() ? 1 : 0),
        _ => throw RowEncoder.Mismatch(slot, $"the entry {RowEncoder.Short(entry.GetRawText())}"),
    };
}

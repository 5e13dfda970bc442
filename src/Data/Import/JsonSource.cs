using System.Text;
using System.Text.Json;

namespace GpuCtr.Data.Import;

/// <summary>A file with a JSON object on each line: numbers in their original spelling, strings, booleans, and lists of these. Nested objects are read by path, as in geo.country.</summary>
/// <param name="path">The file.</param>
/// <param name="encoding">Its encoding.</param>
internal sealed class JsonSource(string path, Encoding encoding) : ImportSource(path, encoding)
{
    private readonly List<string> names = [];
    private readonly Dictionary<string, int> places = [];
    private readonly List<(string Text, JsonValueKind Kind)> values = [];
    private string? fault;
    private long line;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => names;

    /// <inheritdoc/>
    public override long Line => line;

    /// <inheritdoc/>
    public override string? Fault => fault;

    /// <inheritdoc/>
    public override ImportField this[int column] => column < values.Count && values[column] is { Text: { } found, Kind: var kind }
        ? new(found, kind == JsonValueKind.String, kind == JsonValueKind.Array) : default;

    /// <inheritdoc/>
    public override bool Next()
    {
        string? read;
        do
        {
            read = Text.ReadLine();
            line++;
        }
        while (read is not null && string.IsNullOrWhiteSpace(read));
        if (read is null)
            return false;
        for (int i = 0; i < values.Count; i++)
            values[i] = default;
        fault = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(read);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                Take(document.RootElement, "");
            else
                fault = "no object of JSON";
        }
        catch (JsonException)
        {
            fault = "no object of JSON";
        }

        return true;
    }

    private void Take(JsonElement of, string prefix)
    {
        foreach (JsonProperty property in of.EnumerateObject())
        {
            string name = prefix + property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                Take(property.Value, name + ".");
                continue;
            }

            if (!places.TryGetValue(name, out int place))
            {
                places.Add(name, place = names.Count);
                names.Add(name);
            }

            while (values.Count <= place)
                values.Add(default);
            if (property.Value.ValueKind != JsonValueKind.Null)
                values[place] = (property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText(), property.Value.ValueKind);
        }
    }
}

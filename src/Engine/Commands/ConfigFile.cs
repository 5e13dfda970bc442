using System.Text.Json;
using GpuCtr.Engine.Data;

namespace GpuCtr.Engine.Commands;

/// <summary>A JSON file with the names of flags (without dashes), or the config.json of a run, whose options are one level down.</summary>
/// A string is read as it would be typed; an element of an array is one value, in which a comma is a letter like any other.
/// <param name="Shards">The value of "shards".</param>
/// <param name="Flags">Each flag and how it would be typed.</param>
internal sealed record ConfigFile(IReadOnlyList<string> Shards, IReadOnlyList<(string Flag, string[] Tokens)> Flags)
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="Failure">Usage: absent, not JSON, an unknown name. InputOutput: unreadable.</exception>
    public static ConfigFile Read(string path, Verb verb)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            JsonElement root = document.RootElement;
            bool asTyped = false;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("options", out JsonElement options))
                (root, asTyped) = (options, !root.TryGetProperty("format", out _));
            if (root.ValueKind != JsonValueKind.Object)
                throw Failure.BadUsage($"{path}: expected a JSON object with the names of options, such as {{\"epochs\": 3}}");
            return Of(path, root, verb, asTyped);
        }
        catch (JsonException e)
        {
            throw Failure.BadUsage($"{path}: not JSON ({e.Message})");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failure.BadUsage($"--config {path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure.BadAccess($"--config {path}: cannot be read ({e.Message})", e);
        }
    }

    /// Before config.json had a format, its arrays held what was typed.
    private static ConfigFile Of(string path, JsonElement root, Verb verb, bool asTyped)
    {
        List<string> shards = [];
        List<(string, string[])> flags = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            string[] values = property.Value.ValueKind == JsonValueKind.Array ? [.. property.Value.EnumerateArray().Select(Text)] : [Text(property.Value)];
            string name = $"--{property.Name.Replace('_', '-')}";
            if (property.Name == "shards" && verb.TakesShards)
                shards.AddRange(values);
            else if (verb.Flags.FirstOrDefault(f => f.Name == name) is { } flag)
                AddFlag(flags, name, flag.TakesColumns && !asTyped && property.Value.ValueKind == JsonValueKind.Array ? [.. values.Select(ColumnNames.FromJson)] : values, property.Value.ValueKind);
            else
                throw Failure.BadUsage($"{path}: unknown option '{property.Name}'{Spelling.Suggest(name, verb.Flags.Select(f => f.Name))}");
        }

        return new ConfigFile(shards, flags);
    }

    private static void AddFlag(List<(string, string[])> flags, string name, string[] values, JsonValueKind kind)
    {
        // null and [] leave the default standing.
        if (kind != JsonValueKind.Null && values.Length > 0)
            flags.Add((name, [name, .. values]));
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}

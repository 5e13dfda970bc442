using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>A JSON file with the names of flags (without dashes), or the config.json of a run, whose options are one level down.</summary>
/// <remarks>A string is read as it would be typed; an element of an array is one value, in which a comma is a letter like any other.</remarks>
/// <param name="Shards">The value of "shards".</param>
/// <param name="Flags">Each flag and how it would be typed.</param>
internal sealed record ConfigFile(IReadOnlyList<string> Shards, IReadOnlyList<(string Flag, string[] Tokens)> Flags)
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="GpuCtrException">Usage: absent, not JSON, an unknown name. InputOutput: unreadable.</exception>
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
                throw GpuCtrException.UsageError($"{path}: expected a JSON object with the names of options, such as {{\"epochs\": 3}}");
            return Of(path, root, verb, asTyped);
        }
        catch (JsonException e)
        {
            throw GpuCtrException.UsageError($"{path}: not JSON ({e.Message})");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.UsageError($"--config {path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"--config {path}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>Before config.json had a format, its arrays held what was typed.</summary>
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
                throw GpuCtrException.UsageError($"{path}: unknown option '{property.Name}'{Spelling.Suggest(name, verb.Flags.Select(f => f.Name))}");
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

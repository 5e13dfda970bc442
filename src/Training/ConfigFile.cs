using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Data.Shards;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>A JSON file with the names of options, or the config.json of a run, whose options are one level down.</summary>
/// <remarks>A string is parsed as on the command line; an element of an array is one value, in which a comma has no special meaning.</remarks>
/// <param name="Shards">The value of "shards".</param>
/// <param name="Given">The values of options in the file.</param>
/// <param name="IsOfRun">Whether a run wrote it.</param>
internal sealed record ConfigFile(IReadOnlyList<string> Shards, OptionValues Given, bool IsOfRun = false)
{
    /// <summary>The file as options for another run: without the output folder, and without the shards if the new run has its own training shards.</summary>
    /// <param name="ownShards">Whether the new run names training shards.</param>
    public ConfigFile ForAnother(bool ownShards) => !IsOfRun ? this : this with { Given = Given.Without(["out", .. ownShards ? new[] { "valid", "test" } : []]) };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="known">The options that may be in it.</param>
    /// <param name="leavesOutUnknown">Ignores unknown options, which are an error otherwise.</param>
    /// <exception cref="GpuCtrException">Usage: absent, not JSON, an unknown name. InputOutput: unreadable.</exception>
    public static ConfigFile Read(string path, IReadOnlyList<Option> known, bool leavesOutUnknown = false) => ReadJson("--config", path, root =>
    {
        bool asTyped = false, isOfRun = false;
        string folder = "";
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("options", out JsonElement options))
            (folder, root, asTyped, isOfRun) = (RunConfig.StartedIn(root.TryGetProperty(RunConfig.Folder, out JsonElement told) && told.ValueKind == JsonValueKind.String ? told.GetString() : null), options, !root.TryGetProperty("format", out _), true);
        if (root.ValueKind != JsonValueKind.Object)
            throw GpuCtrException.UsageError($"{path}: expected a JSON object with the names of options, such as {{\"epochs\": 3}}");
        return Of(path, root, known, asTyped, folder, leavesOutUnknown) with { IsOfRun = isOfRun };
    });

    /// <summary>The content of a JSON file named by a flag; comments and trailing commas are allowed.</summary>
    /// <param name="flag">The flag.</param>
    /// <param name="path">The file.</param>
    /// <param name="read">Reads its root.</param>
    /// <exception cref="GpuCtrException">Usage: absent, not JSON. InputOutput: unreadable.</exception>
    public static T ReadJson<T>(string flag, string path, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw GpuCtrException.UsageError($"{path}: not JSON ({e.Message})");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.UsageError($"{flag} {path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"{flag} {path}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>The values of options in a JSON object.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="root">The object.</param>
    /// <param name="known">All options.</param>
    /// <param name="asTyped">Arrays contain column names in the syntax of the command line, as in files written before config.json had a format version.</param>
    /// <param name="folder">What relative paths of shards start from; empty = the current folder.</param>
    /// <param name="leavesOutUnknown">Leaves out names of other options.</param>
    /// <exception cref="GpuCtrException">Usage: an unknown name or an invalid value.</exception>
    public static ConfigFile Of(string path, JsonElement root, IReadOnlyList<Option> known, bool asTyped, string folder = "", bool leavesOutUnknown = false)
    {
        List<string> shards = [];
        Dictionary<string, object?> given = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            bool isArray = property.Value.ValueKind == JsonValueKind.Array;
            string[] words = isArray ? [.. property.Value.EnumerateArray().Select(Text)] : [Text(property.Value)];
            string flag = $"--{property.Name.Replace('_', '-')}";
            if (property.Name == "shards")
                shards.AddRange(words.Select(w => ShardPaths.From(folder, w)));
            else if (known.FirstOrDefault(o => o.Flag == flag) is not { } option)
            {
                if (!leavesOutUnknown)
                    throw GpuCtrException.UsageError($"{path}: unknown option '{property.Name}'{Spelling.Suggest(flag, known.Select(o => o.Flag))}");
            }
            else if (property.Value.ValueKind != JsonValueKind.Null && words.Length > 0) // null and [] mean the default.
                given[option.Name] = OptionText.Parse(option, option.TakesColumns && isArray && !asTyped ? [.. words.Select(ColumnNames.FromJson)]
                    : option.Declaration.Form == OptionForm.Paths ? [.. words.Select(w => ShardPaths.From(folder, w))] : words);
        }

        return new ConfigFile(shards, new OptionValues(given));
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}

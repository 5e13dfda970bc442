using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>config.json: the options of a run and its findings. The options can be read again (<see cref="ConfigFile"/>).</summary>
internal static class RunConfig
{
    /// <summary>The key of the numbers of forgotten values.</summary>
    public const string Forgotten = "forgotten";

    /// <summary>The key of the folder in which the run was started.</summary>
    public const string Folder = "working_folder";

    private const string TrainShards = "train_shards", ValidShards = "valid_shards";
    private const int ShortList = 4;

    // Before format 2, lists of columns were stored as typed.
    private const int Format = 2;

    /// <summary>The content of the file, which every checkpoint contains too.</summary>
    public static JsonObject Of(RunRequest request, Device device, RunShards shards, TrainSettings settings) => new()
    {
        ["format"] = Format,
        ["version"] = Release.Version,
        ["command_line"] = request.CommandLine,
        [Folder] = Directory.GetCurrentDirectory(),
        ["started"] = DateTime.UtcNow.ToString("s") + "Z",
        ["device"] = device.ToString(),
        ["options"] = OptionsOf(request, settings),
        ["model"] = JsonNode.Parse(JsonText.Line(settings.Model)),
        ["columns"] = new JsonArray([.. shards.Columns().Select(c => new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["role"] = c.Role, ["note"] = c.Note })]),
        ["data"] = Files(shards, byContent: true),
        ["tested_on"] = new JsonArray([.. (shards.Files.Test?.Shards ?? []).Select(s => (JsonNode)s.Path)]),
    };

    /// <summary>The folder that relative paths in a config.json refer to, if it is not the current folder; else empty. Earlier versions did not store it.</summary>
    /// <param name="told">What it says, if anything.</param>
    public static string StartedIn(string? told) => told is not null && told != Directory.GetCurrentDirectory() ? told : "";

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static void Write(RunFolder folder, JsonObject config) => Disk.ReplaceText(folder.File(RunFolder.Config), config.ToJsonString(new() { WriteIndented = true }) + "\n");

    /// <summary>Path of the file in the folder of a run; null if there is no run, or it ended before writing the file.</summary>
    public static string? PathIn(string folder) => RunFolder.HoldsRun(folder) && Path.Combine(folder, RunFolder.Config) is var path && File.Exists(path) ? path : null;

    /// <summary>Checks that a resumed run has the options and shards that it started with, except those that may change.</summary>
    /// <param name="folder">Its folder; for a run that was killed before it wrote the file, there is nothing to compare.</param>
    /// <param name="request">What it is asked to do now.</param>
    /// <param name="allowed">The fields that may differ.</param>
    /// <param name="settings">What follows from that.</param>
    /// <param name="shards">The shards now.</param>
    /// <param name="runLog">Receives a warning for each allowed change.</param>
    /// <exception cref="GpuCtrException">Usage: options or shards differ; every difference is named.</exception>
    public static void CheckSame(RunFolder folder, RunRequest request, IReadOnlyList<string> allowed, TrainSettings settings, RunShards shards, RunLog runLog)
    {
        if (PathIn(folder.Path) is not { } path)
        {
            if (folder.CheckpointNames().Count > 0)
                throw GpuCtrException.UsageError($"--resume: {folder.Path} has checkpoints, but its {RunFolder.Config} is missing; restore it, or start a new run");
            return;
        }

        try
        {
            JsonObject old = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            (string Field, string Text)[] differences = [.. OptionDifferences(path, old, request, settings), .. DataDifferences(old, shards)];
            string[] refused = [.. differences.Where(d => !allowed.Contains(d.Field)).Select(d => d.Text)];
            if (refused.Length > 0)
                throw GpuCtrException.UsageError($"--resume: {string.Join("; ", refused)}; resume with the options and shards that the run started with, accept a change with --allow-changed FIELD, or start a new run");
            foreach ((_, string text) in differences)
                runLog.Warn($"{text}: the run continues, but will not end with the same bits as an unchanged run");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"damaged ({e.Message}); start a new run", e);
        }
    }

    /// <summary>The fields of config.json that --allow-changed names.</summary>
    /// <exception cref="GpuCtrException">Usage: a field that may not change.</exception>
    public static string[] AllowedChanges(RunRequest request) => [.. request.Options.AllowChanged.Select(field => Acceptable(field, request.Known))];

    private static string Acceptable(string field, IReadOnlyList<Option> known)
    {
        string name = field.TrimStart('-').Replace('-', '_');
        string[] acceptable = [TrainShards, ValidShards, .. known.Where(o => o.Declaration.OnResume == OnResume.Accepted).Select(o => o.Key)];
        return acceptable.Contains(name) ? name : throw GpuCtrException.UsageError(
            $"--allow-changed {field}: not one of {string.Join(", ", acceptable)}; the others determine the tensors or the encoding of values: start a new run, with --init-from if the model stays the same");
    }

    /// <summary>Every option with its value, except those that apply to one call only.</summary>
    private static JsonObject OptionsOf(RunRequest request, TrainSettings settings)
    {
        object[] records = [request.Options, request.Options.Features, request.Options.Device, settings.Model];
        JsonObject all = new() { ["shards"] = new JsonArray([.. request.Options.Shards.Select(s => (JsonNode)s)]) };
        foreach (Option option in request.Known.Where(o => o.Declaration.OnResume != OnResume.Momentary))
            all[option.Key] = request.Given.ToJson(option, records.FirstOrDefault(r => option.IsOf(r.GetType())) is { } record ? option.ValueIn(record) : option.Default);
        return all;
    }

    /// <summary>An option that an older version did not have had its default.</summary>
    private static IEnumerable<(string Field, string Text)> OptionDifferences(string path, JsonObject old, RunRequest request, TrainSettings settings)
    {
        JsonObject options = old["options"]!.AsObject(), now = OptionsOf(request, settings);
        OptionValues then = ConfigFile.Of(path, JsonSerializer.SerializeToElement(options), request.Known, asTyped: old["format"] is null, leavesOutUnknown: true).Given;
        return request.Known
            .Where(o => o.Declaration.OnResume is OnResume.Fixed or OnResume.Accepted && (options.ContainsKey(o.Key) || request.Given.IsGiven(o)))
            .SelectMany(o => Difference(o.Key, then.ToJson(o, o.Default), now[o.Key]));
    }

    private static IEnumerable<(string Field, string Text)> Difference(string field, JsonNode? old, JsonNode? now) =>
        JsonNode.DeepEquals(old, now) ? [] : [(field, $"{field} was {Text(old, now)} and is {Text(now, old)}")];

    /// <summary>A run of a version that identified shards by time has their times.</summary>
    private static IEnumerable<(string Field, string Text)> DataDifferences(JsonObject config, RunShards shards)
    {
        JsonObject old = config["data"]!.AsObject();
        string folder = StartedIn((string?)config[Folder]);
        JsonNode? InFolder(JsonNode? files) => folder.Length == 0 ? files : new JsonArray([.. files!.AsArray().Select(f => (JsonNode)ShardPaths.From(folder, $"{f}"))]);
        return Files(shards, byContent: old.Any(list => $"{list.Value}".Contains("xxh3", StringComparison.Ordinal)))
            .Where(files => old.ContainsKey(files.Key)).SelectMany(files => Difference(files.Key, InFolder(old[files.Key]), files.Value));
    }

    private static JsonObject Files(RunShards shards, bool byContent) => new() { [TrainShards] = List(shards.Files.Train, byContent), [ValidShards] = List(shards.Files.Valid, byContent) };

    private static JsonArray List(ShardSet? set, bool byContent) =>
        new([.. (set?.Shards ?? []).Select((s, i) => (JsonNode)$"{s.Path} ({s.Rows} rows, {s.LengthBytes} bytes, {(byContent ? set!.ContentKeys[i] : s.Version)})")]);

    /// <summary>Of long lists, only the elements that the other list lacks.</summary>
    private static string Text(JsonNode? node, JsonNode? other)
    {
        if (node is not JsonArray list)
            return node?.ToString() ?? "not set";
        string[] items = [.. list.Select(i => $"{i}")], others = other is JsonArray o ? [.. o.Select(i => $"{i}")] : [];
        string[] own = [.. items.Except(others)];
        return items.Length <= ShortList || own.Length == 0 || own.Length == items.Length ? $"[{string.Join(", ", items)}]" : $"[…, {string.Join(", ", own)}]";
    }
}

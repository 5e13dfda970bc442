using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Tuning;

/// <summary>The folder of a search: tune.json, trials.jsonl, trials/ with a run for each, report.html, and best, the run that won.</summary>
internal sealed class TuneFolder : IDisposable
{
    /// <summary>The request; marks the folder as one of a search.</summary>
    public const string Config = "tune.json";

    /// <summary>The page about the search.</summary>
    public const string Report = "report.html";

    /// <summary>The run that won.</summary>
    public const string Best = "best";

    private const string Trials = "trials", Part = "best.part";

    private readonly RunLock held;

    private TuneFolder((string Path, RunLock Held) folder) => (Path, held) = folder;

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Path of the options of a search in a folder; null if there is none.</summary>
    public static string? ConfigIn(string folder) => System.IO.Path.Combine(folder, Config) is var path && System.IO.File.Exists(path) ? path : null;

    /// <summary>Opens the folder of a new or resumed search.</summary>
    /// <param name="path">Its path; null = below runs/, by the time.</param>
    /// <param name="resume">Whether the search in it goes on.</param>
    /// <exception cref="GpuCtrException">Usage: it holds something else, or is in use. InputOutput: not writable.</exception>
    public static TuneFolder Open(string? path, bool resume)
    {
        string full = System.IO.Path.GetFullPath(path ?? RunFolder.Unnamed);
        try
        {
            if (path is null)
                return new TuneFolder(NewFolder.Create(full, "tune-", DateTime.Now));
            Directory.CreateDirectory(full);
            bool known = ConfigIn(full) is not null;
            if (known && !resume)
                throw GpuCtrException.UsageError($"--out {full}: already contains a search; choose another folder, or continue it with --resume");
            if (!known && RunLock.OthersIn(full) is [var other, ..])
                throw GpuCtrException.UsageError($"--out {full}: neither empty nor the folder of a search (it contains {other}); choose another folder");
            return new TuneFolder((full, RunLock.Take(full)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"--out {full}: not writable ({e.Message}); check its permissions or choose another folder", e);
        }
    }

    /// <summary>Path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The run folder of a piece: one for each seed of a trial.</summary>
    public string RunOf(Piece piece) => System.IO.Path.Combine(Path, Trials, piece.Seed == 0 ? $"{piece.Trial:000}" : $"{piece.Trial:000}-seed{piece.Seed + 1}");

    /// <summary>Writes the request, so that --resume needs only the folder.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Begin(IReadOnlyList<string> shards, IReadOnlyList<Option> known, OptionValues given)
    {
        JsonObject options = new() { ["shards"] = new JsonArray([.. shards.Select(s => (JsonNode)s)]) };
        foreach (Option option in known.Where(o => given.IsGiven(o) && o.Declaration.OnResume != GpuCtr.Models.OnResume.Momentary))
            options[option.Key] = given.ToJson(option, null);
        Disk.ReplaceText(File(Config), new JsonObject { ["format"] = 2, ["version"] = Release.Version, ["options"] = options }.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>Removes the weights of runs that are out of the race; their metrics stay.</summary>
    public void Prune(IReadOnlySet<int> kept)
    {
        if (!Directory.Exists(System.IO.Path.Combine(Path, Trials)))
            return;
        foreach (string run in Directory.GetDirectories(System.IO.Path.Combine(Path, Trials)))
        {
            string number = System.IO.Path.GetFileName(run).Split('-')[0];
            if (int.TryParse(number, out int trial) && !kept.Contains(trial))
                RunFolder.DropWeights(run);
        }
    }

    /// <summary>Makes a copy of a run the best one, in place of an earlier one.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void KeepBest(string run)
    {
        Remove(Part);
        foreach (string file in Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories))
        {
            string to = System.IO.Path.Combine(File(Part), System.IO.Path.GetRelativePath(run, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
            System.IO.File.Copy(file, to);
        }
        // The earlier one goes when the new one is whole.
        Remove(Best);
        Directory.Move(File(Part), File(Best));
    }

    private void Remove(string folder)
    {
        if (Directory.Exists(File(folder)))
            Directory.Delete(File(folder), recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();
}

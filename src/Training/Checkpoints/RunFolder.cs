using GpuCtr.Data;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A run folder: config.json, checkpoints/, the pointers best and last, metrics.jsonl, run.log.</summary>
internal sealed partial class RunFolder : IDisposable
{
    /// <summary>Names of the pointers.</summary>
    public const string Best = "best", Last = "last";

    /// <summary>Name of the folder of encoded rows, which exists only while a run is unfinished.</summary>
    public const string Cache = "cache";

    /// <summary>The metrics at the end of a run.</summary>
    public const string Result = "result.json";

    /// <summary>The options of a run; it marks the folder as a run before there is a checkpoint.</summary>
    public const string Config = "config.json";

    /// <summary>The parent folder of runs without --out.</summary>
    public const string Unnamed = "runs";

    /// <summary>The output of the run.</summary>
    public const string Log = "run.log";

    private const string Checkpoints = "checkpoints", EventFiles = "events.out.tfevents.*";

    private static readonly string[] ownFiles = [Best, Last, "metrics.jsonl", "steps.jsonl", "report.html", Result, Log, "diverged.json", Config];

    private readonly RunLock runLock;
    private bool begun;

    private RunFolder((string Path, RunLock Held) folder) => (Path, runLock) = folder;

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether the folder holds a run: one with a checkpoint, or the remains of one that ended before its first checkpoint.</summary>
    public static bool HoldsRun(string path) => HasCheckpoint(path) || RunLock.IsLeftIn(path) || IsOwnConfig(System.IO.Path.Combine(path, Config));

    /// <summary>The files that <see cref="Begin"/> removes from a folder.</summary>
    public static IEnumerable<string> Replaced(string path) => ownFiles.Append(Checkpoints).Append(Cache).Select(name => System.IO.Path.Combine(path, name));

    /// <summary>A Parquet file among those that a run writes below a folder, as an example of their paths.</summary>
    public static string VocabularyIn(string path) => System.IO.Path.Combine(path, Checkpoints, "0", "vocab", "000.parquet");

    /// <summary>The files of a run that are read together with one of its checkpoints.</summary>
    /// <param name="checkpoint">Full path of the checkpoint's folder.</param>
    public static IEnumerable<string> ReadWith(string checkpoint) => System.IO.Path.GetDirectoryName(checkpoint) is { } parent && System.IO.Path.GetFileName(parent) == Checkpoints
        ? ownFiles.Select(name => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(parent)!, name)).Append(parent)
        : [checkpoint];

    /// <summary>Creates a folder for a new run, or uses one without a run. Nothing in it is changed before <see cref="Begin"/>.</summary>
    /// <param name="path">Its path; null = runs/ and the time.</param>
    /// <param name="mayHoldRun">An existing run will be continued or removed.</param>
    /// <param name="mayHoldOthers">The folder may contain files that do not belong to a run; they stay.</param>
    /// <exception cref="GpuCtrException">Usage: it holds a run or other things, or is in use. InputOutput: not writable.</exception>
    public static RunFolder Create(string? path, bool mayHoldRun, bool mayHoldOthers = false)
    {
        string full = System.IO.Path.GetFullPath(path ?? Unnamed);
        try
        {
            if (path is null)
                return new RunFolder(NewFolder.Create(full, "", DateTime.Now));
            Directory.CreateDirectory(full);
            if (HasCheckpoint(full) && !mayHoldRun)
                throw GpuCtrException.UsageError($"--out {full}: already holds a run; choose another folder, or add --resume or --overwrite");
            if (!HoldsRun(full))
                RefuseOthers(full, mayHoldOthers);
            return new RunFolder((full, RunLock.Take(full)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"--out {full}: not writable ({e.Message}); check its permissions or choose another folder", e);
        }
    }

    private static bool HasCheckpoint(string path) => System.IO.File.Exists(System.IO.Path.Combine(path, Best)) || System.IO.File.Exists(System.IO.Path.Combine(path, Last));

    /// <summary>Other programs write a config.json too, so its content is checked.</summary>
    private static bool IsOwnConfig(string path) => System.IO.File.Exists(path) && System.IO.File.ReadLines(path).Take(8).Any(l => l.Contains("\"command_line\": \"gpu-ctr train", StringComparison.Ordinal));

    /// <summary>In a folder without a run, files with the names of a run's files belong to someone else and would be removed: refuses the folder.</summary>
    private static void RefuseOthers(string full, bool mayHoldOthers)
    {
        string[] there = [.. Directory.EnumerateFileSystemEntries(full).Order(StringComparer.Ordinal)], taken = [.. there.Intersect(Replaced(full))];
        if (taken.Length > 0)
            throw GpuCtrException.UsageError($"--out {full}: not a run folder, but it holds {System.IO.Path.GetFileName(taken[0])}, which a run would overwrite; choose another folder");
        if (there.Length > 0 && !mayHoldOthers)
            throw GpuCtrException.UsageError($"--out {full}: neither empty nor a run folder (it holds {System.IO.Path.GetFileName(there[0])}); choose another folder, or add --overwrite, which keeps other files");
    }

    /// <summary>Removes only the files of an earlier run; other files in the folder stay.</summary>
    public void Begin()
    {
        begun = true;
        // The order matters if the process is killed here: no half-removed checkpoint may look whole, and no checkpoint may remain without config.json.
        foreach (string pointer in new[] { Best, Last })
            System.IO.File.Delete(File(pointer));
        foreach (string name in CheckpointNames())
            Remove(name);
        if (Directory.Exists(File(Checkpoints)))
            Directory.Delete(File(Checkpoints), recursive: true);
        foreach (string name in ownFiles)
            System.IO.File.Delete(File(name));
        foreach (string events in Directory.GetFiles(Path, EventFiles))
            System.IO.File.Delete(events);
        Directory.CreateDirectory(File(Checkpoints));
        if (System.IO.Path.GetDirectoryName(Path) is { } parent)
            Disk.FlushFolder(parent);
        DropCache();
    }

    /// <summary>Removes the encoded rows.</summary>
    public void DropCache()
    {
        if (Directory.Exists(File(Cache)))
            Directory.Delete(File(Cache), recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Without its config.json, the remains of a failed run would look like somebody else's files.
        if (begun && !HasCheckpoint(Path) && !System.IO.File.Exists(File(Config)) && Directory.Exists(File(Checkpoints)))
            Directory.Delete(File(Checkpoints), recursive: true);
        runLock.Dispose();
        // A run that never started leaves no folder behind.
        if (!Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }
}

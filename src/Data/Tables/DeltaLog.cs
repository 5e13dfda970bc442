using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tables;

/// <summary>Reads the log of a Delta table: the newest complete checkpoint and the commits after it, or all commits from the first one.</summary>
/// <remarks><c>_last_checkpoint</c> is not used: the file names in the folder give the same information and are never outdated.</remarks>
internal static partial class DeltaLog
{
    private const string Folder = "_delta_log";

    /// <summary>The newest version; null if the folder is not a table.</summary>
    /// <exception cref="GpuCtrException">Data: see <see cref="DeltaTable.In"/>.</exception>
    public static DeltaSnapshot? Read(IShardFolder root)
    {
        string[] names = [.. root.NamesIn(Folder).Order(StringComparer.Ordinal)];
        long[] commits = [.. names.Where(n => Commit().IsMatch(n)).Select(VersionOf)];
        string[] checkpoint = NewestCheckpoint(names);
        if (commits.Length == 0 && !names.Any(n => n.Contains(".checkpoint.", StringComparison.Ordinal)))
            return null;
        var snapshot = new DeltaSnapshot { Version = checkpoint.Length > 0 ? VersionOf(checkpoint[0]) : -1 };
        try
        {
            foreach (string part in checkpoint)
                DeltaCheckpoint.Read(root.Find($"{Folder}/{part}")!, snapshot);
            foreach (long version in commits.Where(v => v > snapshot.Version).ToArray())
            {
                if (version != snapshot.Version + 1)
                    throw Incomplete(root, snapshot.Version + 1, names);
                ReadCommit(root, version, snapshot);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw GpuCtrException.DataError($"{root.PathOf(Folder)}: version {snapshot.Version + 1} is damaged ({ShardReader.Reason(e)}); restore it, or write the table again", e);
        }

        if (snapshot.Version < 0)
            throw Incomplete(root, 0, names);
        DeltaFeatures.Check(root.Path, snapshot);
        return snapshot;
    }

    private static void ReadCommit(IShardFolder root, long version, DeltaSnapshot snapshot)
    {
        foreach (string line in root.ReadText($"{Folder}/{version:D20}.json").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            using JsonDocument action = JsonDocument.Parse(line);
            snapshot.Apply(action.RootElement);
        }

        snapshot.Version = version;
    }

    /// <summary>The parts of the newest complete checkpoint, in order; none if there is no complete one.</summary>
    private static string[] NewestCheckpoint(string[] names) => names.Where(n => Checkpoint().IsMatch(n))
        .GroupBy(n => (Version: VersionOf(n), Parts: PartsOf(n)))
        .Where(g => g.Count() == g.Key.Parts)
        .OrderBy(g => g.Key)
        .LastOrDefault()?.ToArray() ?? [];

    private static GpuCtrException Incomplete(IShardFolder root, long version, string[] names) => names.Any(n => SecondCheckpoint().IsMatch(n))
        ? GpuCtrException.DataError(new DataPlace(root.Path), $"this Delta table has checkpoints of version 2 only, which are not read; {DeltaFeatures.Advice(root.Path)}")
        : GpuCtrException.DataError($"{root.PathOf(Folder)}: version {version} is missing; restore the whole log, or write the table again");

    private static long VersionOf(string name) => long.Parse(name.AsSpan(0, 20), CultureInfo.InvariantCulture);

    private static int PartsOf(string name) => Checkpoint().Match(name).Groups[1] is { Success: true } parts ? int.Parse(parts.ValueSpan, CultureInfo.InvariantCulture) : 1;

    [GeneratedRegex(@"^00\d{18}\.json$")]
    private static partial Regex Commit();

    [GeneratedRegex(@"^00\d{18}\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$")]
    private static partial Regex Checkpoint();

    [GeneratedRegex(@"^00\d{18}\.checkpoint\.[0-9a-fA-F-]{36}\.(?:json|parquet)$")]
    private static partial Regex SecondCheckpoint();
}

using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Features;

/// <summary>
/// Results of earlier fit passes, so that another run on the same rows starts at once. A result is keyed by everything it depends on: the
/// content of the shards (<see cref="Shard.ContentKey"/>), the roles and the options.
/// </summary>
internal static partial class FitCache
{
    /// <summary>Environment variable that names the folder; "off" for none.</summary>
    public const string Variable = "GPU_CTR_CACHE";

    private const string Off = "off", HashFile = "xxh3";
    private const int MostKept = 16;

    private static readonly JsonSerializerOptions json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>The folder given by the user, or the default one; null if the cache is off.</summary>
    public static string? Folder(string named)
    {
        string folder = named.Length > 0 ? named : Environment.GetEnvironmentVariable(Variable) ?? "";
        if (folder == Off)
            return null;
        string own = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        return folder.Length > 0 ? folder : own.Length > 0 ? Path.Combine(own, "gpu-ctr", "fits") : null;
    }

    /// <summary>The encoder of some rows, from the cache or from a pass over them.</summary>
    /// <param name="folder">The cache; null = always fit.</param>
    /// <param name="shards">Training shards.</param>
    /// <param name="plan">Roles of their columns.</param>
    /// <param name="part">The rows to fit.</param>
    /// <param name="known">Called with the path of a result that was found.</param>
    /// <param name="progress">Told the rows done.</param>
    /// <param name="cancellation">Ends the pass early.</param>
    /// <param name="learnsItems">Whether negatives of histories will be drawn.</param>
    /// <exception cref="GpuCtrException">See <see cref="FeatureEncoder.Fit"/>. Cache errors are ignored; the fit is rerun.</exception>
    public static FeatureEncoder Fit(
        string? folder, ShardSet shards, FeaturePlan plan, RowPart part, Action<string>? known = null, Action<long>? progress = null, CancellationToken cancellation = default, bool learnsItems = false)
    {
        string? entry = folder is null ? null : Path.Combine(folder, Key(shards, plan, part, learnsItems));
        if (entry is not null && Load(entry) is { } found)
        {
            known?.Invoke(entry);
            return found;
        }

        FeatureEncoder encoder = FeatureEncoder.Fit(shards, plan, part, progress, cancellation, learnsItems);
        if (entry is not null)
            Save(folder!, entry, encoder);
        return encoder;
    }

    /// <summary>Equal for fits that end in the same encoding: a hash of everything that it depends on.</summary>
    public static string Key(ShardSet shards, FeaturePlan plan, RowPart part, bool learnsItems)
    {
        IEnumerable<string> content =
        [
            $"format {FeatureEncoder.Format}", $"part {part.Split?.Key} {part.Side == RowSide.Valid}{part.Negatives?.Key}{(part.Sequences == SequencePart.Whole ? "" : $" {part.Sequences}")}",
            JsonSerializer.Serialize(plan.Columns, json), JsonSerializer.Serialize(plan.Options with { Workers = 0, MemoryBytes = 0 }, json),
            .. shards.Identities, .. learnsItems ? ["attributes of items"] : Array.Empty<string>(),
        ];
        return Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Join('\n', content))));
    }

    private static FeatureEncoder? Load(string entry)
    {
        try
        {
            if (!Directory.Exists(entry) || File.ReadAllText(Path.Combine(entry, HashFile)) != HashOf(entry))
                return null;
            FeatureEncoder found = FeatureEncoder.Load(entry);
            Directory.SetLastWriteTimeUtc(entry, DateTime.UtcNow);
            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or GpuCtrException)
        {
            return null;
        }
    }

    private static void Save(string folder, string entry, FeatureEncoder encoder)
    {
        string part = $"{entry}.{Guid.NewGuid():N}.part", replaced = $"{entry}.{Guid.NewGuid():N}.part";
        try
        {
            encoder.Save(part);
            File.WriteAllText(Path.Combine(part, HashFile), HashOf(part));
            // Moved away whole: deleting in place could remove files of an entry that another run puts there meanwhile.
            if (Directory.Exists(entry))
                Directory.Move(entry, replaced);
            Directory.Move(part, entry);
            foreach (DirectoryInfo old in new DirectoryInfo(folder).GetDirectories().Where(IsOwn).OrderByDescending(d => d.LastWriteTimeUtc).Skip(MostKept))
                old.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or GpuCtrException)
        {
            // The next run makes the pass again.
        }
        finally
        {
            Remove(part);
            Remove(replaced);
        }
    }

    /// <summary>Removes the entry that was replaced, and what is left of one that could not be put in its place: another run was quicker, or the disk is full.</summary>
    private static void Remove(string part)
    {
        try
        {
            if (Directory.Exists(part))
                Directory.Delete(part, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It goes when sixteen newer results are there.
        }
    }

    /// <summary>Removes old results. The folder may contain other files, so only results and incomplete files are removed.</summary>
    private static bool IsOwn(DirectoryInfo d) => PartName().IsMatch(d.Name) || (EntryName().IsMatch(d.Name) && File.Exists(Path.Combine(d.FullName, HashFile)));

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex EntryName();

    [GeneratedRegex(@"^[0-9a-f]{32}\.[0-9a-f]+\.part$")]
    private static partial Regex PartName();

    private static string HashOf(string entry)
    {
        var hash = new XxHash3();
        foreach (string path in Directory.GetFiles(entry, "*", SearchOption.AllDirectories).Where(p => Path.GetFileName(p) != HashFile).Order(StringComparer.Ordinal))
        {
            using FileStream file = File.OpenRead(path);
            hash.Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(entry, path)} {file.Length}\n")));
            hash.Append(file);
        }

        return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
    }
}

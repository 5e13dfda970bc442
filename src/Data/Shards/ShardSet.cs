using System.Collections.Concurrent;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Shards;

/// <summary>The shards of one side of a run (training, validation, test). They must agree in the columns that are read.</summary>
public sealed class ShardSet
{
    // With more shards than this, footers are read again when needed: kept, they would take more memory than the rows.
    private const int MostKeptOpen = 512;

    // Up to this size, shards are identified by a hash of their whole content, which takes a fraction of a second.
    private const long HashedBytes = 256L << 20;

    // A thread decodes into a ColumnBuffer and the strips of a block encoder, so many bytes a value, and holds copies of pages on their way from the file.
    private const long ValueBytes = 136, PageCopies = 4;

    /// <summary>The share of the memory that columns may take while they are decoded.</summary>
    internal const double DecodeShare = 0.2;

    private readonly ConcurrentDictionary<string, StoredColumn?> joined = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RowLists> lists = new(StringComparer.Ordinal);
    private readonly int workers;
    private readonly Lazy<IReadOnlyList<StoredColumn>> columns;
    private readonly Lazy<string[]> contentKeys;

    private ShardSet(IReadOnlyList<Shard> shards, IReadOnlyList<string> notes, int workers)
    {
        columns = new(() => [.. shards[0].Columns.Select(c => Column(c.Name)).OfType<StoredColumn>()]);
        contentKeys = new(() => KeysOf(shards, workers));
        (Shards, Notes, this.workers) = (shards, notes, workers);
        RowGroups = [.. shards.SelectMany(s => s.RowGroups)];
        Rows = shards.Sum(s => s.Rows);
        double most = RowGroups.Select(g => ValueBytes * (double)g.Values + PageCopies * (double)g.ColumnBytes).DefaultIfEmpty(0).Max();
        DecodeBytes = (long)Math.Clamp(most, 0, long.MaxValue / 4);
    }

    /// <summary>The shards, sorted by path.</summary>
    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>The row groups of all shards in order.</summary>
    public IReadOnlyList<RowGroupRef> RowGroups { get; }

    /// <summary>Rows of all shards.</summary>
    public long Rows { get; }

    /// <summary>Bytes that a thread needs to decode the largest row group.</summary>
    internal long DecodeBytes { get; }

    /// <summary>One line for everything that was left out, read through a table's log or verified against a manifest.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The columns that all shards have, with joined types, in the order of the first shard.</summary>
    public IReadOnlyList<StoredColumn> Columns => columns.Value;

    /// <summary>The column of that name, with its type joined over all shards; null if a shard lacks it.</summary>
    public StoredColumn? Column(string name) => joined.GetOrAdd(name, n => Shards.All(s => s.Column(n) is not null) ? StoredColumn.Join(n, Shards) : null);

    /// <summary>The lists of rows with one value in a column; found once, in a pass over that column.</summary>
    /// <exception cref="GpuCtrException">Data: see <see cref="RowLists.Of"/>.</exception>
    internal RowLists Lists(string name) => lists.GetOrAdd(name, n => RowLists.Of(this, n, workers));

    /// <summary>Reads some columns of one row group after the other, in the order of the files.</summary>
    /// <param name="columns">Each with the buffer that receives it.</param>
    /// <exception cref="GpuCtrException">Data: broken pages, or a value of another type than is asked for.</exception>
    internal IEnumerable<(Shard Shard, RowGroupRef Group)> Read(params (ColumnRequest Request, ColumnBuffer Into)[] columns)
    {
        foreach (RowGroupRef group in RowGroups)
        {
            Shard shard = Shards[group.Shard];
            using ShardReader reader = shard.Rent();
            foreach ((ColumnRequest request, ColumnBuffer into) in columns)
            {
                reader.Read(group.Group, request, into);
                if (into.Misfits.Count > 0)
                    throw request.Misfit(shard, group, into);
            }
            yield return (shard, group);
        }
    }

    /// <summary>Columns that some shards have and some lack, with the first of each.</summary>
    internal IEnumerable<(string Name, Shard Has, Shard Lacks)> Partial() => Shards
        .SelectMany(s => s.Columns.Select(c => (c.Name, Has: s)))
        .DistinctBy(c => c.Name)
        .Where(c => Column(c.Name) is null)
        .Select(c => (c.Name, c.Has, Shards.First(s => s.Column(c.Name) is null)));

    /// <summary>Checks that all shards have the wanted columns.</summary>
    /// <param name="wanted">The columns.</param>
    /// <param name="who">Who needs them, for messages, as in "the model was trained".</param>
    /// <exception cref="GpuCtrException">Data: a shard lacks a column, or has another kind of values in it.</exception>
    internal void Check(IEnumerable<ColumnRequest> wanted, string who)
    {
        foreach (ColumnRequest column in wanted)
        {
            if (Shards.FirstOrDefault(s => !s.Has(column)) is not { } shard)
                continue;
            throw GpuCtrException.DataError(shard.Column(column.Name) is { } found
                ? $"{shard.Path}: column '{column.Name}' is {found.TypeName}, {who} with {column.Describe()}"
                : $"{shard.Path}: column '{column.Name}' is missing; {who} with it; the file has {string.Join(", ", shard.Columns.Select(c => c.Name))}");
        }
    }

    /// <summary>Finds the shards, reads their footers and verifies manifests beside them. Whether columns agree is checked when they are requested.</summary>
    /// <param name="patterns">Files, quoted globs (*, ?, **) and folders, which mean their *.parquet files and those of their partitions; objects likewise, as s3://bucket/key.</param>
    /// <param name="workers">Threads that read footers and compute hashes.</param>
    /// <param name="verify">False to ignore manifests.</param>
    /// <exception cref="GpuCtrException">Usage: nothing matches, a file named twice. Data: broken files,
    /// a copy of another shard, a shard that differs from its manifest. InputOutput: unreadable.</exception>
    public static ShardSet Resolve(IEnumerable<string> patterns, int workers = 2, bool verify = true) => Resolve(patterns, new ShardStores([]), workers, verify);

    /// <summary>The same with the stores of a run.</summary>
    internal static ShardSet Resolve(IEnumerable<string> patterns, ShardStores stores, int workers = 2, bool verify = true) => Of(ShardPaths.Expand(patterns, stores), workers, verify);

    /// <summary>The same of shards that were found.</summary>
    internal static ShardSet Of(FoundShards some, int workers, bool verify = true)
    {
        (IReadOnlyList<FoundShard> found, IReadOnlyList<string> foundNotes) = some;
        PartitionColumn[][] partitions = PartitionColumn.Of(found);
        var shards = new Shard[found.Count];
        Workers.Run(found.Count, workers, (i, _) => shards[i] = Shard.Open(found[i], i, partitions[i], keepsFooter: found.Count <= MostKeptOpen));
        string[] notes = [.. foundNotes, .. IndexNotes(shards), .. verify ? ShardManifest.Verify(shards, workers) : []];
        RefuseCopies(shards);
        return new ShardSet(shards, notes, workers);
    }

    /// <summary>Threads that may decode at once with so many bytes of memory in all: 1 to <paramref name="most"/>.</summary>
    internal int DecodeThreads(long memory, int most) => (int)Math.Clamp(DecodeShare * memory / Math.Max(1, DecodeBytes), 1, most);

    /// <summary>Shards of this set that are, by path or content, also in the other one: (this one's path, the other's path).</summary>
    public IReadOnlyList<(string Path, string Other)> SharedWith(ShardSet other) =>
        [.. from mine in Shards
            from theirs in other.Shards
            where mine.Rows > 0 && mine.SameContentAs(theirs)
            select (mine.Path, theirs.Path)];

    private static IEnumerable<string> IndexNotes(Shard[] shards) => shards.SelectMany(s => s.Indexes).Distinct().Select(name =>
        $"column '{name}' is the index that pandas writes beside the rows (to_parquet(index=False) does not) and is left out");

    /// <summary>Identifies the content of each shard: <see cref="Shard.ContentKey"/>. Computed on first use.</summary>
    /// <exception cref="GpuCtrException">InputOutput: unreadable.</exception>
    internal IReadOnlyList<string> ContentKeys => contentKeys.Value;

    /// <summary>The same including size, footer and partition values, as a key for caches of these rows.</summary>
    internal IEnumerable<string> Identities => Shards.Select((s, i) => s.Identity(ContentKeys[i]));

    private static string[] KeysOf(IReadOnlyList<Shard> shards, int workers)
    {
        string[] keys = new string[shards.Count];
        bool whole = shards.Sum(s => s.LengthBytes) <= HashedBytes;
        Workers.Run(keys.Length, workers, (i, _) => keys[i] = shards[i].ContentKey(whole));
        return keys;
    }

    private static void RefuseCopies(IReadOnlyList<Shard> shards)
    {
        foreach (IGrouping<(long, ulong), Shard> alike in shards.Where(s => s.Rows > 0).GroupBy(s => (s.LengthBytes, s.FooterHash)).Where(g => g.Count() > 1))
        {
            var seen = new Dictionary<ulong, Shard>();
            foreach (Shard shard in alike)
            {
                ulong hash = shard.ContentHash();
                if (!seen.TryAdd(hash, shard) && !(shard.IsOfTable && seen[hash].IsOfTable))
                    throw GpuCtrException.DataError(new DataPlace(shard.Path), $"a copy of {seen[hash].Path} (same content); rows would count twice, remove one");
            }
        }
    }
}

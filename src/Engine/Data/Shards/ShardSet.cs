namespace GpuCtr.Engine.Data;

/// <summary>The shards of one side of a run (training, validation, test), checked to agree before anything is trained.</summary>
public sealed class ShardSet
{
    // Above so many shards their footers are read again when they are needed: kept, they would take more memory than the rows.
    private const int MostKeptOpen = 512;

    private ShardSet(IReadOnlyList<Shard> shards, IReadOnlyList<string> notes)
    {
        (Shards, Notes) = (shards, notes);
        RowGroups = [.. shards.SelectMany(s => s.RowGroups)];
        Rows = shards.Sum(s => s.Rows);
    }

    /// <summary>The shards, sorted by path.</summary>
    public IReadOnlyList<Shard> Shards { get; }

    /// <summary>The row groups of all shards in order.</summary>
    public IReadOnlyList<RowGroupRef> RowGroups { get; }

    /// <summary>Rows of all shards.</summary>
    public long Rows { get; }

    /// <summary>What was left out, read through the log of a table or checked against a manifest, a line for each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The columns that all shards share, in the order of the first shard.</summary>
    public IReadOnlyList<ShardColumn> Columns => Shards[0].Columns;

    /// <summary>The column of that name, or null.</summary>
    public ShardColumn? Column(string name) => Shards[0].Column(name);

    /// <summary>Finds the shards, reads their footers and checks that their columns agree and that manifests beside them hold.</summary>
    /// <param name="patterns">Files, quoted globs (*, ?, **) and folders, which mean their *.parquet and those of their partitions; the same of objects, as s3://bucket/key.</param>
    /// <param name="workers">Threads that read footers and compute hashes.</param>
    /// <param name="verify">False to leave manifests alone.</param>
    /// <exception cref="Failure">Usage: nothing matches, a file named twice. Data: broken files, schemas that differ,
    /// a copy of another shard, a shard that is not as its manifest says. InputOutput: unreadable.</exception>
    public static ShardSet Resolve(IEnumerable<string> patterns, int workers = 2, bool verify = true)
    {
        (IReadOnlyList<FoundShard> found, IReadOnlyList<string> foundNotes) = ShardPaths.Expand(patterns);
        PartitionColumn[][] partitions = PartitionColumn.Of(found);
        var shards = new Shard[found.Count];
        Workers.Run(found.Count, workers, (i, _) => shards[i] = Shard.Open(found[i].Source, i, partitions[i], keepsReaders: found.Count <= MostKeptOpen));
        foreach (Shard shard in shards.Skip(1))
            CheckAgreement(shards[0], shard);
        string[] notes = [.. foundNotes, .. IndexNotes(shards), .. verify ? ShardManifest.Verify(shards, workers) : []];
        RefuseCopies(shards);
        return new ShardSet(shards, notes);
    }

    /// <summary>Shards of this set that are, by path or content, also in the other one: (this one's path, the other's path).</summary>
    public IReadOnlyList<(string Path, string Other)> SharedWith(ShardSet other) =>
        [.. from mine in Shards
            from theirs in other.Shards
            where mine.Rows > 0 && mine.SameContentAs(theirs)
            select (mine.Path, theirs.Path)];

    private static IEnumerable<string> IndexNotes(Shard[] shards) => shards.SelectMany(s => s.Indexes).Distinct().Select(name =>
        $"column '{name}' is the index that pandas writes beside the rows (to_parquet(index=False) does not) and is left out");

    private static void CheckAgreement(Shard first, Shard other)
    {
        foreach (ShardColumn expected in first.Columns)
        {
            ShardColumn found = other.Column(expected.Name) ?? throw Failure.BadData(
                $"{other.Path}: column '{expected.Name}' ({expected.TypeName}) is missing; {first.Path} has it{Extra(first, other)}; all shards must have the same columns");
            if (found.TypeName != expected.TypeName)
            {
                throw Failure.BadData(
                    $"{other.Path}: column '{expected.Name}' is {found.TypeName}, expected {expected.TypeName} as in {first.Path}; write the shards with one schema");
            }
        }

        ShardColumn? extra = other.Columns.FirstOrDefault(c => first.Column(c.Name) is null);
        if (extra is not null)
            throw Failure.BadData($"{other.Path}: column '{extra.Name}' ({extra.TypeName}) is not in {first.Path}; all shards must have the same columns");
    }

    private static string Extra(Shard first, Shard other)
    {
        string[] extra = [.. other.Columns.Where(c => first.Column(c.Name) is null).Select(c => $"'{c.Name}'")];
        return extra.Length == 0 ? "" : $" (this file has {string.Join(", ", extra)} instead)";
    }

    private static void RefuseCopies(IReadOnlyList<Shard> shards)
    {
        foreach (IGrouping<(long, ulong), Shard> alike in shards.Where(s => s.Rows > 0).GroupBy(s => (s.LengthBytes, s.FooterHash)).Where(g => g.Count() > 1))
        {
            var seen = new Dictionary<ulong, Shard>();
            foreach (Shard shard in alike)
            {
                ulong hash = shard.ContentHash();
                if (!seen.TryAdd(hash, shard))
                    throw Failure.BadData($"{shard.Path}: a copy of {seen[hash].Path} (same content); rows would count twice, remove one");
            }
        }
    }
}

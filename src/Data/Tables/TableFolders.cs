using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tables;

/// <summary>
/// Finds the tables that contain found files. The folders of a table may contain files that are no longer part of it (deleted and
/// replaced rows), which only its log records: Delta tables are read through their log, Iceberg and Hudi tables are refused.
/// </summary>
internal sealed class TableFolders
{
    private readonly Dictionary<string, DeltaTable?> tables = new(StringComparer.Ordinal);
    private readonly Dictionary<DeltaTable, (int Live, int Left)> counts = [];

    /// <summary>One line for each table that was read through its log.</summary>
    public IEnumerable<string> Notes => counts.Select(c =>
        $"{c.Key.Path}: version {c.Key.Version} of a Delta table, {c.Value.Live} file(s){(c.Value.Left > 0 ? $"; {c.Value.Left} that it does not have (any more) left out" : "")}");

    /// <summary>The files that a pattern matches, without those that are not part of their tables.</summary>
    /// <param name="matches">The matches.</param>
    /// <param name="pattern">As the user wrote it.</param>
    /// <exception cref="GpuCtrException">Data: a table that cannot be read, a removed file that is named exactly.</exception>
    public List<FoundShard> Live(PathMatches matches, string pattern)
    {
        if (matches.Folder is { } folder && TableAt(folder) is { } whole)
        {
            List<FoundShard> files = [.. whole.Files(pattern)];
            Count(whole, files.Count, 0);
            return files.Count > 0 ? files : throw GpuCtrException.DataError(new DataPlace(whole.Path), $"version {whole.Version} of this Delta table has no files, so no rows");
        }

        var live = new List<FoundShard>();
        foreach (FoundShard found in matches.Files)
        {
            DeltaTable? table = TableAbove(found.Source.Folder);
            FoundShard? file = table is null ? found : table.Find(found);
            if (file is not null)
                live.Add(file);
            else if (matches.IsExact)
                throw GpuCtrException.DataError(new DataPlace(found.Source.Path), $"version {table!.Version} of the Delta table {table.Path} does not have this file (any more): its rows were deleted or rewritten; name the table's folder instead");
            if (table is not null)
                Count(table, file is null ? 0 : 1, file is null ? 1 : 0);
        }

        return live;
    }

    private void Count(DeltaTable table, int live, int left)
    {
        (int Live, int Left) before = counts.GetValueOrDefault(table);
        counts[table] = (before.Live + live, before.Left + left);
    }

    private DeltaTable? TableAbove(IShardFolder folder)
    {
        for (IShardFolder? above = folder; above is not null; above = above.Parent)
        {
            if (TableAt(above) is { } table)
                return table;
        }

        return null;
    }

    private DeltaTable? TableAt(IShardFolder folder)
    {
        if (tables.TryGetValue(folder.Path, out DeltaTable? known))
            return known;
        DeltaTable? table = DeltaTable.In(folder);
        if (table is null && folder.NamesIn("metadata").Any(n => n.EndsWith(".metadata.json", StringComparison.Ordinal)))
            throw Refused(folder, "Iceberg", "in Spark: spark.table(name).write.parquet(folder); in DuckDB: COPY (FROM iceberg_scan(folder)) TO 'rows.parquet'");
        if (table is null && folder.NamesIn(".hoodie").Contains("hoodie.properties"))
            throw Refused(folder, "Hudi", "in Spark: spark.read.format(\"hudi\").load(folder).write.parquet(other)");
        return tables[folder.Path] = table;
    }

    private static GpuCtrException Refused(IShardFolder folder, string format, string how) => GpuCtrException.DataError(
        new DataPlace(folder.Path), $"{(format[0] == 'I' ? "an" : "a")} {format} table, which is not read: its files hold rows that were deleted or replaced; write its rows as plain Parquet ({how})");
}

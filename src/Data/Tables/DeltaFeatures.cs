namespace GpuCtr.Data.Tables;

/// <summary>Checks that a Delta table can be read: no deletion vectors, no column mapping, no unknown reader features.</summary>
internal static class DeltaFeatures
{
    private const string VectorsFeature = "deletionVectors", MappingFeature = "columnMapping", MappingMode = "delta.columnMapping.mode";

    // A table may list these features without using them; whether it uses the first two is checked separately.
    private static readonly HashSet<string> known = [VectorsFeature, MappingFeature, "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"];

    /// <exception cref="GpuCtrException">Data: it cannot be read; the message says what to do.</exception>
    public static void Check(string path, DeltaSnapshot table)
    {
        if (table.SchemaString.Length == 0 || table.ReaderVersion == 0)
            throw GpuCtrException.DataError(new DataPlace(path), "the log of this Delta table does not say its columns or its protocol; restore it, or write the table again");
        if (table.ReaderVersion > 3)
            throw Refused(path, $"asks for reader version {table.ReaderVersion}");
        if (table.ReaderFeatures.FirstOrDefault(f => !known.Contains(f)) is { } feature)
            throw Refused(path, $"asks for the reader feature {feature}");
        if (table.Configuration.GetValueOrDefault(MappingMode) is { } mode && !mode.Equals("none", StringComparison.OrdinalIgnoreCase))
            throw Refused(path, $"has column mapping ({MappingMode} = {mode})");
        if (table.Files.FirstOrDefault(f => f.DeletionVector is not null) is { } file)
            throw Refused(path, $"has deletion vectors, which mark rows of {file.Path} as deleted", "REORG TABLE … APPLY (PURGE) rewrites such files, or ");
    }

    /// <summary>Advice on how to use such a table anyway.</summary>
    public static string Advice(string path) => $"write its rows as plain Parquet (in Spark: spark.read.format(\"delta\").load(folder).write.parquet(other); in DuckDB: COPY (FROM delta_scan('{path}')) TO 'rows.parquet')";

    private static GpuCtrException Refused(string path, string why, string advice = "") => GpuCtrException.DataError(new DataPlace(path), $"this Delta table {why}, which is not supported; {advice}{Advice(path)}");
}

using GpuCtr.Data.Features;
using Parquet;
using ParquetSharp;

namespace GpuCtr.Tests;

/// <summary>The same kinds of columns as two writers, several codecs and both page versions put them down.</summary>
internal static class WrittenShards
{
    private const int Rows = 120, GroupRows = 70;

    /// <summary>Of every physical type one; in all forms they are as many pages as damage can be tried on quickly.</summary>
    private static readonly string[] damaged = ["bool", "int16", "timestamp_ms", "int96", "float", "string", "uuid"];

    /// <summary>Writes them; those of Arrow's writer have a checksum in every page.</summary>
    public static IEnumerable<(string Path, bool HasChecksums)> Write(TempFolder folder)
    {
        foreach (CompressionMethod codec in new[] { CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd })
            yield return (RandomShard.Of(Rows, (int)codec).Write(folder.File($"net-{codec}.parquet"), GroupRows, codec), false);
        foreach (Compression codec in new[] { Compression.Uncompressed, Compression.Snappy, Compression.Zstd })
        {
            foreach (ParquetDataPageVersion version in Enum.GetValues<ParquetDataPageVersion>())
                yield return (WriteByArrow(folder.File($"arrow-{codec}-{version}.parquet"), codec, version), true);
        }

        foreach (string encoding in StoredFile.Encodings.Keys)
        {
            foreach (ParquetDataPageVersion version in Enum.GetValues<ParquetDataPageVersion>())
            {
                string path = folder.File($"matrix-{encoding}-{version}.parquet");
                new StoredFile(encoding, version, Compression.Uncompressed).Write(path, StoredType.All.Where(t => damaged.Contains(t.Name)), 1);
                yield return (path, true);
            }
        }
    }

    private static string WriteByArrow(string path, Compression codec, ParquetDataPageVersion version)
    {
        var random = new Random(Rows);
        T[] Each<T>(Func<int, T> make) => [.. Enumerable.Range(0, GroupRows).Select(make)];
        Column[] columns = [new Column<int>("label"), new Column<long?>("user"), new Column<string>("city"), new Column<double?>("price"), new Column<long>("row")];
        using var builder = new WriterPropertiesBuilder();
        using WriterProperties properties = builder.Compression(codec).DataPageVersion(version).EnablePageChecksum().DisableDictionary("row").DataPagesize(512).Build();
        using var file = new ParquetFileWriter(path, columns, properties);
        for (int g = 0; g < 2; g++)
        {
            using RowGroupWriter group = file.AppendRowGroup();
            Put(group, Each(_ => random.Next(2)));
            Put(group, Each(_ => random.Next(9) == 0 ? (long?)null : random.NextInt64(50) << 30));
            Put(group, Each(_ => $"city {random.Next(20)}"));
            Put(group, Each(_ => random.Next(5) == 0 ? (double?)null : random.NextDouble()));
            Put(group, Each(i => (long)i));
        }

        file.Close();
        return path;
    }

    private static void Put<T>(RowGroupWriter group, T[] values)
    {
        using LogicalColumnWriter<T> column = group.NextColumn().LogicalWriter<T>();
        column.WriteBatch(values);
    }
}

using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Files by many writers (apache/parquet-testing), against a table of what is read and what is refused for which reason.</summary>
public sealed class ParquetTestingTests
{
    private const string Read = "read";

    /// <summary>One row for each file: what is read, or why it is not.</summary>
    private static readonly Dictionary<string, string> table = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Parquet", "parquet-testing.tsv"))
        .Select(line => line.Split('\t')).ToDictionary(f => f[0], f => f[1]);

    public static TheoryData<string> Files() => new(SharedData.Files("parquet_testing/data", "*.parquet*").Where(f => !f.EndsWith(".json", StringComparison.Ordinal)));

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void Files_of_many_writers_are_read_or_refused_as_the_table_says(string file)
    {
        string path = SharedData.File(file);
        Assert.Equal(table.GetValueOrDefault(Name(file), "not in the table"), Outcome(path));
    }

    /// <summary>The files that both readers can read at least in part.</summary>
    public static TheoryData<string> FilesReadTwice() => new(SharedData.Files("parquet_testing/data", "*.parquet*").Where(f =>
        !f.EndsWith(".json", StringComparison.Ordinal) && !table.GetValueOrDefault(Name(f), Read).StartsWith("refused", StringComparison.Ordinal)
        && !refusedBySecondReader.Contains(Name(f)) && !Name(f).StartsWith("geospatial/", StringComparison.Ordinal)));

    [SkippableTheory]
    [MemberData(nameof(FilesReadTwice))]
    public void Values_agree_with_a_second_reader(string file)
    {
        string path = SharedData.File(file);
        Shard shard = Shard.Open(path, 0);
        foreach (StoredColumn column in shard.Columns.Where(c => Trouble(shard, c) is null))
            Assert.Equal(SecondReader.Rows(path, column.Name), SecondReader.OurRows(shard, column.Name));
    }

    /// <summary>Files in which the second reader refuses what we read: byte arrays of several forms, geometries, bare repeated fields.</summary>
    private static readonly HashSet<string> refusedBySecondReader =
    [
        "byte_array_decimal.parquet", "fixed_length_byte_array.parquet", "unknown-logical-type.parquet", "repeated_primitive_no_list.parquet",
        "encrypt_columns_plaintext_footer.parquet.encrypted", "byte_stream_split_extended.gzip.parquet",
        // One of its times is so remote that all are read as milliseconds; the other reader does not do that.
        "int96_from_spark.parquet",
    ];

    [SkippableFact]
    public void Times_of_96_bits_are_read_however_far_away()
    {
        List<string> rows = SecondReader.OurRows(Shard.Open(SharedData.File("parquet_testing/data/int96_from_spark.parquet"), 0), "a");
        Assert.Equal(["t17041412961230000", "t17040708000000000", "t2534022252000000000", "t17355996000000000", "null"], rows.Take(5));
        Assert.Equal(6, rows.Count);
        Assert.True(Int128.Abs(Int128.Parse(rows[5][1..])) > long.MaxValue, rows[5]);
    }

    /// <summary>The same numbers in every form that a decimal has.</summary>
    [SkippableTheory]
    [InlineData("byte_array_decimal")]
    [InlineData("fixed_length_decimal")]
    [InlineData("fixed_length_decimal_legacy")]
    [InlineData("int32_decimal")]
    [InlineData("int64_decimal")]
    public void Decimals_count_from_1_to_24(string name)
    {
        Shard shard = Shard.Open(SharedData.File($"parquet_testing/data/{name}.parquet"), 0);
        Assert.Equal(Enumerable.Range(1, 24).Select(i => $"{i}"), SecondReader.OurRows(shard, "value"));
    }

    private static string Name(string file) => file["parquet_testing/data/".Length..];

    private static string Outcome(string path)
    {
        try
        {
            Shard shard = Shard.Open(path, 0);
            string[] troubles = [.. shard.Columns.Select(c => Trouble(shard, c)).OfType<string>()];
            return troubles.Length == 0 ? Read : $"{Read} {shard.Columns.Count - troubles.Length} of {shard.Columns.Count} columns; {string.Join("; ", troubles.Take(3))}{(troubles.Length > 3 ? "; …" : "")}";
        }
        catch (GpuCtrException failure)
        {
            Assert.Equal(ErrorKind.Data, failure.Kind);
            return $"refused: {Reason(failure, path)}";
        }
    }

    /// <summary>What is wrong, without where and what to do.</summary>
    private static string Reason(GpuCtrException failure, string path) => failure.Message.Replace($"{path}: ", "").Replace("row group 0, column ", "").Split(';')[0];

    private static string? Trouble(Shard shard, StoredColumn column)
    {
        try
        {
            SecondReader.OurRows(shard, column.Name);
            return null;
        }
        catch (GpuCtrException failure)
        {
            Assert.Equal(ErrorKind.Data, failure.Kind);
            Assert.DoesNotContain('\n', failure.Message);
            return Reason(failure, shard.Path);
        }
    }
}

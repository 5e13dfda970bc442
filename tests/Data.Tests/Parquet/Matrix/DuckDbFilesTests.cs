using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Parquet.Matrix;

/// <summary>
/// Files that DuckDB 1.5 wrote (COPY … FORMAT parquet, PARQUET_VERSION V1 or V2, each codec, DICTIONARY_SIZE_LIMIT 1 or 1000):
/// 200 rows, of which those whose number 7 divides are null; dataset in duckdb/, file names say version, codec and limit.
/// </summary>
public sealed class DuckDbFilesTests
{
    public static TheoryData<string> Files() => new(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Parquet", "duckdb")).Select(p => Path.GetFileName(p)).Order());

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_value_is_the_one_that_was_written(string file)
    {
        Shard shard = Shard.Open(Path.Combine(AppContext.BaseDirectory, "Parquet", "duckdb", file), 0);
        Assert.Equal(columns.Keys, shard.Columns.Select(c => c.Name).Order(StringComparer.Ordinal));
        foreach ((string name, Func<int, string> value) in columns)
            Assert.Equal(Enumerable.Range(0, 200).Select(i => name != "i" && i % 7 == 0 ? name[0] == 'l' ? "[]" : "null" : value(i)), SecondReader.OurRows(shard, name));
    }

    private static readonly DateTime start = new(1969, 12, 31, 20, 0, 0, DateTimeKind.Utc);

    private static readonly SortedDictionary<string, Func<int, string>> columns = new(StringComparer.Ordinal)
    {
        ["i"] = i => $"{i}",
        ["bool"] = i => Bit(i % 3 == 0),
        ["i8"] = i => $"{i - 100}",
        ["u8"] = i => $"{i}",
        ["i16"] = i => $"{i * 100 - 9000}",
        ["u16"] = i => $"{i * 300}",
        ["i32"] = i => $"{i * 10_000_000 - 900_000_000}",
        ["u32"] = i => $"{i * 20_000_000L}",
        ["i64"] = i => $"{i * 40_000_000_000_000_000L - 3_000_000_000_000_000_000}",
        ["u64"] = i => SecondReader.Unsigned((ulong)i * 90_000_000_000_000_000),
        ["f32"] = i => Real(i / 4.0),
        ["f64"] = i => Real(i / 8.0),
        ["d4"] = i => Real(i / 100.0),
        ["d9"] = i => Real(i / 100.0),
        ["d18"] = i => Real(i / 100.0),
        ["d38"] = i => Real(i / 100.0),
        ["id38"] = i => i == 0 ? "'0'" : $"'{i}{new string('0', 18)}'",
        ["s"] = i => $"'text {i % 13}'",
        ["b"] = i => $"'bytes {i}'",
        ["day"] = i => SecondReader.Time(new DateTime(1969, 12, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(i)),
        ["ts"] = i => SecondReader.Time(start.AddSeconds(i * 1001)),
        ["ts_ms"] = i => SecondReader.Time(start.AddSeconds(i * 1001)),
        ["ts_ns"] = i => SecondReader.Time(start.AddSeconds(i * 1001)),
        ["ts_s"] = i => SecondReader.Time(start.AddSeconds(i * 1001)),
        ["clock"] = i => $"{i * 11_000_000L}",
        ["u"] = i => $"'00112233-4455-6677-8899-{i:000000000000}'",
        ["l64"] = i => List(i, $"{i},null,{-i}"),
        ["ls"] = i => List(i, $"'a{i}',null,'b'"),
        ["lb"] = i => List(i, $"{Bit(i % 2 == 0)},null,{Bit(i % 3 == 0)}"),
        ["lf"] = i => List(i, $"{Real(i / 4.0)},null"),
    };

    private static string Bit(bool value) => value ? "1" : "0";

    private static string Real(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string List(int i, string items) => i % 5 == 0 ? "[]" : $"[{items}]";
}

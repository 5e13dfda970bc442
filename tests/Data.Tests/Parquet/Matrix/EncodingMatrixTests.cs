using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using ParquetSharp;
using Xunit.Abstractions;

namespace GpuCtr.Data.Tests.Parquet.Matrix;

/// <summary>
/// Every type × encoding × page version × codec × form that Apache Arrow writes, value by value against what was written. Codecs take
/// turns unless GPU_CTR_MATRIX is set.
/// </summary>
public sealed class EncodingMatrixTests(ITestOutputHelper output) : OwnFolder
{
    private static readonly Compression[] codecs =
        [Compression.Uncompressed, Compression.Snappy, Compression.Gzip, Compression.Zstd, Compression.Lz4, Compression.Brotli];

    [Fact]
    public void Every_value_is_the_one_that_was_written_or_its_type_is_refused()
    {
        bool whole = Environment.GetEnvironmentVariable("GPU_CTR_MATRIX") is not null;
        SortedSet<string> refused = [];
        int turn = 0, columns = 0, values = 0;
        foreach (string encoding in StoredFile.Encodings.Keys)
        {
            foreach (ParquetDataPageVersion version in Enum.GetValues<ParquetDataPageVersion>())
            {
                foreach (Compression codec in whole ? codecs : [codecs[turn++ % codecs.Length]])
                {
                    string path = Folder.File("matrix.parquet");
                    Dictionary<string, string[]> written = new StoredFile(encoding, version, codec).Write(path, StoredType.All, turn);
                    Shard shard = Shard.Open(path, 0);
                    foreach (StoredColumn column in shard.Columns)
                    {
                        if (column.Kind == ValueKind.Unsupported)
                        {
                            refused.Add(column.TypeName);
                            continue;
                        }

                        string[] found = [.. SecondReader.OurRows(shard, column.Name, Poisoned())];
                        Assert.True(written[column.Name].AsSpan().SequenceEqual(found), $"{encoding} {version} {codec} {column.Name}: {First(written[column.Name], found)}");
                        (columns, values) = (columns + 1, values + found.Length);
                    }
                }
            }
        }

        output.WriteLine($"{columns} columns, {values} rows, no difference; refused: {string.Join(", ", refused)}");
        Assert.Equal(["interval", "list<interval>"], refused);
    }

    private static string First(string[] expected, string[] found)
    {
        int i = expected.Zip(found).TakeWhile(p => p.First == p.Second).Count();
        return $"row {i} is {found.ElementAtOrDefault(i)}, was written as {expected.ElementAtOrDefault(i)}";
    }

    /// <summary>A buffer prefilled with values that no file has, so that an unwritten value fails.</summary>
    private static ColumnBuffer Poisoned()
    {
        const int many = 1024;
        var buffer = new ColumnBuffer { Rows = many };
        foreach (ValueKind kind in new[] { ValueKind.Integer, ValueKind.Real, ValueKind.Text })
            buffer.Reserve(kind, many);
        buffer.ReserveLevels(many, repetition: true);
        Array.Fill(buffer.Integers, 0x5A5A_5A5A_5A5A);
        Array.Fill(buffer.Reals, -5.5e55);
        Array.Fill(buffer.Texts, "poison".AsMemory());
        Array.Fill(buffer.Nulls, true);
        Array.Fill(buffer.Offsets, 0x5A5A);
        Array.Fill(buffer.Definition, 0x5A5A);
        Array.Fill(buffer.Repetition, 0x5A5A);
        Array.Fill(buffer.Scratch<long>(many), 0x5A5A);
        Array.Fill(buffer.Entries<long>(many), 0x5A5A);
        Array.Fill(buffer.Entries<double>(many), -5.5e55);
        Array.Fill(buffer.Entries<ReadOnlyMemory<char>>(many), "poison".AsMemory());
        return buffer;
    }
}

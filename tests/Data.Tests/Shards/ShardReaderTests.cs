using GpuCtr.Data.Shards;
using ParquetSharp;
using ParquetSharp.Schema;

namespace GpuCtr.Data.Tests.Shards;

[Trait("Speed", "Fast")]
public sealed class ShardReaderTests : OwnFolder
{
    [Fact]
    public void Integers_of_every_width_are_read_as_64_bit()
    {
        ColumnBuffer Read(string name) => ReadColumn(new TestShard()
            .Column("bool", true, false)
            .Column("i8", (sbyte)-1, (sbyte)127)
            .Column("u8", (byte)255, (byte)0)
            .Column("i16", (short)-300, (short)300)
            .Column("u16", (ushort)65535, (ushort)1)
            .Column("i32", int.MinValue, int.MaxValue)
            .Column("i64", long.MinValue, (1L << 24) + 1)
            .Column("u64", ulong.MaxValue, 1UL), name);

        Assert.Equal([1, 0], Read("bool").Integers[..2]);
        Assert.Equal([-1, 127], Read("i8").Integers[..2]);
        Assert.Equal([255, 0], Read("u8").Integers[..2]);
        Assert.Equal([-300, 300], Read("i16").Integers[..2]);
        Assert.Equal([65535, 1], Read("u16").Integers[..2]);
        Assert.Equal([int.MinValue, int.MaxValue], Read("i32").Integers[..2]);
        Assert.Equal([long.MinValue, 16777217], Read("i64").Integers[..2]);
        Assert.Equal([-1, 1], Read("u64").Integers[..2]);
        Assert.False(Read("i64").HasNulls);
    }

    [Fact]
    public void Nullable_columns_keep_nulls_in_place()
    {
        var shard = new TestShard()
            .Nullable<long>("a", null, 5, null, -7, null)
            .Nullable<double>("b", 1.5, null, null, 2.5, 3.5)
            .Nullable<float>("c", null, null, null, null, null)
            .Text("d", "x", null, "", "x", "ü€");
        ColumnBuffer a = ReadColumn(shard, "a");
        Assert.Equal([0, 5, 0, -7, 0], a.Integers[..5]);
        Assert.Equal([true, false, true, false, true], a.Nulls[..5]);
        ColumnBuffer b = ReadColumn(shard, "b");
        Assert.Equal([1.5, 0, 0, 2.5, 3.5], b.Reals[..5]);
        Assert.All(Enumerable.Range(0, 5), i => Assert.True(ReadColumn(shard, "c").IsNull(i)));
        ColumnBuffer d = ReadColumn(shard, "d");
        Assert.Equal(["x", "", "", "x", "ü€"], d.Texts[..5].Select(t => t.ToString()));
        Assert.Equal([false, true, false, false, false], d.Nulls[..5]);
    }

    [Fact]
    public void Byte_arrays_are_utf8_text()
    {
        ColumnBuffer c = ReadColumn(new TestShard().Bytes("a", "héé"u8.ToArray(), null), "a");
        Assert.Equal("héé", c.Texts[0].ToString());
        Assert.True(c.IsNull(1));
    }

    [Fact]
    public void Lists_have_offsets_and_null_elements()
    {
        var shard = new TestShard()
            .Lists<long>("a", [1, 2, 3], [], null, [null, 5], [6])
            .Lists<int>("b", null, [], [7], [], [8, 9])
            .TextLists("c", ["x", "y"], ["x"], [], null, [null, "z"]);
        ColumnBuffer a = ReadColumn(shard, "a");
        Assert.Equal([0, 3, 3, 3, 5, 6], a.Offsets[..6]);
        Assert.Equal([1, 2, 3, 0, 5, 6], a.Integers[..6]);
        Assert.Equal([false, false, false, true, false, false], a.Nulls[..6]);
        ColumnBuffer b = ReadColumn(shard, "b");
        Assert.Equal([0, 0, 0, 1, 1, 3], b.Offsets[..6]);
        Assert.Equal([7, 8, 9], b.Integers[..3]);
        ColumnBuffer c = ReadColumn(shard, "c");
        Assert.Equal([0, 2, 3, 3, 3, 5], c.Offsets[..6]);
        Assert.Equal(["x", "y", "x", "", "z"], c.Texts[..5].Select(t => t.ToString()));
    }

    [Fact]
    public void Buffer_is_reused_for_smaller_and_larger_groups()
    {
        long[] values = [.. Enumerable.Range(0, 5000).Select(i => (long)i * i)];
        string path = new TestShard().Column("a", values).Write(Folder.File("s.parquet"), 1999);
        Shard shard = Shard.Open(path, 0);
        using ShardReader reader = shard.Rent();
        var buffer = new ColumnBuffer();
        Assert.Equal([1999, 1999, 1002], shard.RowGroups.Select(g => g.Rows));
        foreach (RowGroupRef group in shard.RowGroups.Reverse())
        {
            reader.Read(group.Group, "a", buffer);
            Assert.Equal(values.AsSpan((int)group.FirstRow, group.Rows), buffer.Integers.AsSpan(0, buffer.Count));
        }
    }

    [Fact]
    public void Unsupported_type_names_column_and_type()
    {
        string path = Folder.File("s.parquet");
        using (var inner = new PrimitiveNode("x", Repetition.Required, LogicalType.None(), PhysicalType.Int32))
        using (var outer = new GroupNode("when", Repetition.Required, [inner]))
        using (var root = new GroupNode("schema", Repetition.Required, [outer]))
        using (WriterProperties properties = WriterProperties.GetDefaultWriterProperties())
        using (var file = new ParquetFileWriter(path, root, properties))
        {
            using (RowGroupWriter group = file.AppendRowGroup())
            using (var column = (ColumnWriter<int>)group.NextColumn())
                column.WriteBatch([1, 2]);
            file.Close();
        }

        Shard shard = Shard.Open(path, 0);
        using ShardReader reader = shard.Rent();
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => reader.Read(0, "when", new ColumnBuffer()));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("'when'", failure.Message);
        Assert.Contains("struct", failure.Message);
        Assert.Contains("s.parquet", failure.Message);
    }

    [Fact]
    public void Changed_file_is_noticed()
    {
        string path = new TestShard().Column("a", 1, 2).Write(Folder.File("s.parquet"));
        Shard shard = Shard.Open(path, 0);
        File.AppendAllText(path, "x");
        GpuCtrException failure = Assert.Throws<GpuCtrException>(shard.Rent);
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("changed during the run", failure.Message);
    }

    private ColumnBuffer ReadColumn(TestShard columns, string name)
    {
        Shard shard = Shard.Open(columns.Write(Folder.File("read.parquet")), 0);
        using ShardReader reader = shard.Rent();
        var buffer = new ColumnBuffer();
        reader.Read(0, name, buffer);
        Assert.Equal(shard.Rows, buffer.Rows);
        return buffer;
    }
}

using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Tests.Batches;
using Parquet.Meta;
using ParquetSharp;

namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Footers are read in one pass: the result is that of a second reader, and damage ends in an error without allocating much.</summary>
public sealed class FooterTests : OwnFolder
{
    private const FieldRepetitionType Required = FieldRepetitionType.REQUIRED, Optional = FieldRepetitionType.OPTIONAL, Repeated = FieldRepetitionType.REPEATED;

    public static TheoryData<string> Files() => new(SharedData.Files("parquet_testing/data", "*.parquet").Where(f => !f.Contains("geospatial/")));

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void Footers_of_many_writers_say_what_a_second_reader_says(string file) => Compare(SharedData.File(file));

    [Fact]
    public void Footers_say_what_a_second_reader_says()
    {
        foreach ((string path, _) in WrittenShards.Write(Folder))
            Compare(path);
    }

    /// <summary>Lists by the rules of LogicalTypes.md, with the old forms that it names.</summary>
    [Fact]
    public void Lists_of_every_form_are_told_from_what_is_nested_deeper()
    {
        SchemaElement[] element = Leaf("element", Optional), pair = [.. Leaf("x", Required), .. Leaf("y", Required)];
        Check("a int32", Leaf("a", Required));
        Check("a list<int32> 1 of 1", Leaf("a", Repeated));
        Check("a list<int32> 2 of 3", Group("a", Optional, true, Group("list", Repeated, false, element)));
        Check("a list<int32> 2 of 2", Group("a", Optional, true, Group("bag", Repeated, false, Leaf("array_element", Required))));
        Check("a list<int32> 1 of 1", Group("a", Required, true, Leaf("element", Repeated)));
        Check("a list<int32> 2 of 2", Group("a", Optional, true, Leaf("element", Repeated)));
        Check("a list<nested>", Group("a", Optional, true, Group("element", Repeated, false, pair)));
        Check("a list<nested>", Group("a", Optional, true, Group("array", Repeated, false, Leaf("x", Required))));
        Check("a list<nested>", Group("a", Optional, true, Group("a_tuple", Repeated, false, Leaf("x", Required))));
        Check("a list<nested>", Group("a", Optional, true, Group("list", Repeated, false, Group("element", Optional, true, Group("list", Repeated, false, element)))));
        Check("a list<nested>", Group("a", Optional, true, Group("list", Repeated, false, Leaf("element", Repeated))));
        Check("a list<nested>", Group("a", Optional, true, Group("list", Repeated, false, Group("element", Optional, false, pair))));
        Check("a list<nested>", Group("a", Repeated, false, pair));
        Check("a struct", Group("a", Optional, false, pair));
        Check("a struct", Group("a", Optional, true, pair));
        SchemaElement[] map = Group("a", Optional, false, Group("key_value", Repeated, false, pair));
        map[0].LogicalType = new global::Parquet.Meta.LogicalType { MAP = new MapType() };
        Check("a map", map);
    }

    [Fact]
    public void A_tree_that_is_none_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => new FooterSchema([]));
        Assert.Throws<InvalidDataException>(() => new FooterSchema([Root(2), .. Leaf("a", Required)]));
        Assert.Throws<InvalidDataException>(() => new FooterSchema([Root(1), .. Leaf("a", Required), .. Leaf("b", Required)]));
        Assert.Throws<InvalidDataException>(() => new FooterSchema([Root(-1)]));
        Assert.Throws<InvalidDataException>(() => new FooterSchema([Root(int.MaxValue)]));
        SchemaElement both = Leaf("a", Required)[0];
        both.NumChildren = 1;
        Assert.Throws<InvalidDataException>(() => new FooterSchema([Root(1), both, .. Leaf("b", Required)]));
        SchemaElement[] deep = [.. Enumerable.Range(0, 100_000).Select(_ => new SchemaElement { Name = "g", NumChildren = 1, RepetitionType = Optional }), .. Leaf("a", Required)];
        Assert.Throws<InvalidDataException>(() => new FooterSchema([.. deep]));
    }

    [Fact]
    public void Damaged_footers_end_in_an_error_within_memory_that_their_bytes_bound()
    {
        byte[][] footers = [.. WrittenShards.Write(Folder).Select(w => FooterOf(File.ReadAllBytes(w.Path))), FooterOf(File.ReadAllBytes(ManyGroups.Write(Folder, 200)))];
        int read = 0, refused = 0;
        for (int i = 0; i < 30_000; i++)
        {
            byte[] footer = Mutant.Of(footers[i % footers.Length], i);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ThriftValidator.Check(footer);
                FooterReader.Read(footer);
                read++;
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentException or IndexOutOfRangeException)
            {
                refused++;
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 100_000 + 200L * footer.Length, $"mutant {i}: {allocated} bytes for {footer.Length}");
        }

        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void A_shard_of_very_many_row_groups_is_read_in_memory_that_its_footer_bounds()
    {
        const int groups = 20_000;
        string path = ManyGroups.Write(Folder, groups);
        int footerBytes = FooterOf(File.ReadAllBytes(path)).Length;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Shard shard = Shard.Open(path, 0);
        Assert.Equal((groups * ManyGroups.Rows, groups), (shard.Rows, shard.RowGroups.Count));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 6L * footerBytes);
        using ShardReader reader = shard.Rent();
        var column = new ColumnBuffer();
        reader.Read(groups - 1, "user", column);
        Assert.Equal(ManyGroups.Users, column.Integers[..ManyGroups.Rows].Select(u => (int)u));
    }

    [Fact]
    public void Rows_that_the_row_groups_do_not_have_are_refused()
    {
        byte[] whole = File.ReadAllBytes(ManyGroups.Write(Folder, 3, declaredGroups: 4)), footer = FooterOf(whole);
        Assert.Contains("declares 16 rows, but its row groups have 12", Assert.Throws<InvalidDataException>(() => FooterReader.Read(footer)).Message);
    }

    private static void Compare(string path)
    {
        Footer footer = FooterReader.Read(FooterOf(File.ReadAllBytes(path)), leaves: true);
        using var second = new ParquetFileReader(path);
        SchemaDescriptor schema = second.FileMetaData.Schema;
        Assert.Equal(second.FileMetaData.NumRowGroups, footer.Groups);
        Assert.Equal(schema.NumColumns, footer.Columns.Count);
        for (int c = 0; c < schema.NumColumns; c++)
        {
            ColumnDescriptor column = schema.Column(c);
            Assert.Equal(column.Path.ToDotString(), footer.Columns[c].Column.Name);
            if (footer.Columns[c].Leaf is { } leaf)
            {
                Assert.Equal((column.MaxDefinitionLevel, column.MaxRepetitionLevel), ((short)leaf.MaxDefinitionLevel, (short)leaf.MaxRepetitionLevel));
                Assert.Equal(column.PhysicalType.ToString(), Physical(leaf.Element.Type.ToString()!));
            }
        }

        for (int g = 0; g < footer.Groups; g++)
        {
            using RowGroupReader group = second.RowGroup(g);
            Assert.Equal(group.MetaData.NumRows, footer.Rows(g));
            for (int c = 0; c < schema.NumColumns; c++)
            {
                StoredChunk chunk = footer.Chunks(g)[c];
                if (chunk.Trouble == ChunkTrouble.Encrypted)
                    continue;
                using ColumnChunkMetaData other = group.MetaData.GetColumnChunkMetaData(c);
                Assert.Equal((other.NumValues, other.TotalCompressedSize, other.TotalUncompressedSize), (chunk.Values, chunk.CompressedBytes, chunk.UncompressedBytes));
                Assert.Equal(other.Encodings.Select(e => (int)e).Distinct().Order(), chunk.Metadata.Encodings!.Select(e => (int)e).Order());
            }
        }
    }

    private static string Physical(string name) => name switch
    {
        "FIXED_LEN_BYTE_ARRAY" => "FixedLenByteArray",
        "BYTE_ARRAY" => "ByteArray",
        _ => name[..1] + name[1..].ToLowerInvariant(),
    };

    private static byte[] FooterOf(byte[] file) => file[(file.Length - 8 - BitConverter.ToInt32(file, file.Length - 8))..^8];

    private static void Check(string expected, params SchemaElement[] top)
    {
        ColumnLayout layout = Assert.Single(new FooterSchema([Root(1), .. top]).Columns());
        Assert.Equal(expected, $"{layout.Column.Name} {layout.Column.TypeName}{(layout is { Column.IsList: true, Leaf: { } leaf } ? $" {layout.SlotLevel} of {leaf.MaxDefinitionLevel}" : "")}");
    }

    private static SchemaElement Root(int children) => new() { Name = "schema", NumChildren = children };

    private static SchemaElement[] Leaf(string name, FieldRepetitionType repetition) => [new() { Name = name, Type = global::Parquet.Meta.Type.INT32, RepetitionType = repetition }];

    private static SchemaElement[] Group(string name, FieldRepetitionType repetition, bool isList, params SchemaElement[] below)
    {
        int children = 0;
        for (int i = 0; i < below.Length; i += 1 + Descendants(below, i))
            children++;
        return [new() { Name = name, NumChildren = children, RepetitionType = repetition, LogicalType = isList ? new global::Parquet.Meta.LogicalType { LIST = new ListType() } : null }, .. below];
    }

    private static int Descendants(SchemaElement[] elements, int at)
    {
        int count = 0;
        for (int child = 0; child < (elements[at].NumChildren ?? 0); child++)
            count += 1 + Descendants(elements, at + 1 + count);
        return count;
    }
}

using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Files that declare more than they contain.</summary>
[Trait("Speed", "Fast")]
public sealed class HostileFileTests : OwnFolder
{
    private const int Data = (int)PageKind.Data, DataV2 = (int)PageKind.DataV2, Dictionary = (int)PageKind.Dictionary;

    private const int Rows = 4999;

    [Theory]
    [InlineData(int.MaxValue - 100L)]
    [InlineData(1L << 62)]
    [InlineData(-1L)]
    public void Row_count_bomb_is_refused_before_anything_is_allocated(long declared)
    {
        string path = new TestShard().Column("label", [.. Enumerable.Range(0, Rows).Select(i => i % 2)]).Write(Folder.File("bomb.parquet"));
        DeclareRows(path, declared);
        long before = GC.GetAllocatedBytesForCurrentThread();
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() =>
        {
            Shard shard = Shard.Open(path, 0);
            using ShardReader reader = shard.Rent();
            reader.Read(0, "label", new ColumnBuffer());
        });
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("bomb.parquet", failure.Message);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
    }

    [Theory]
    [InlineData(0, 1 << 30, 5000, 10, 100, "5000 compressed ones")]
    [InlineData(0, 100, 1 << 30, 10, 100, "has 1000000 left")]
    [InlineData(0, -5, 10, 10, 100, "declares 10 bytes (-5 uncompressed)")]
    [InlineData(0, 100, 100, 101, 100, "101 values")]
    [InlineData(0, 100, 100, -1, 100, "-1 values")]
    [InlineData(2, 100, 100, 1 << 30, 100, "room for 25")]
    public void Page_that_declares_too_much_is_refused(int type, int uncompressed, int compressed, int values, long chunkValues, string text)
    {
        byte[] header = [0x15, .. Varint(ZigZag(type)), 0x15, .. Varint(ZigZag(uncompressed)), 0x15, .. Varint(ZigZag(compressed)),
            type == 2 ? (byte)0x4C : (byte)0x2C, 0x15, .. Varint(ZigZag(values)), 0, 0];
        var error = Assert.Throws<InvalidDataException>(() => PageGuard.Check(PageHeader.Of(header)!, null, true, 1_000_000, chunkValues));
        Assert.Contains(text, error.Message);
    }

    [Theory]
    [InlineData(Data, 0, 40, 0, false, null)]
    [InlineData(Data, 0, 39, 0, false, "10 values of 32 bits in 39 bytes")]
    [InlineData(Data, 0, 41, 0, false, "10 values of 32 bits in 41 bytes")]
    [InlineData(Data, 9, 39, 0, false, "10 values of 32 bits in 39 bytes")]
    [InlineData(Data, 8, 13, 0, false, null)]
    [InlineData(Data, 0, 13, 0, true, null)]
    [InlineData(DataV2, 0, 33, 3, true, null)]
    [InlineData(DataV2, 0, 33, 2, true, "8 values of 32 bits in 28 bytes")]
    [InlineData(DataV2, 0, 33, 11, true, "11 nulls among 10 values")]
    [InlineData(Dictionary, 2, 40, 0, true, null)]
    [InlineData(Dictionary, 2, 36, 0, true, "10 values of 32 bits in 36 bytes")]
    public void Page_whose_values_cannot_have_the_encoding_that_it_declares_is_refused(int kind, int encoding, int bytes, int nulls, bool hasLevels, string? text)
    {
        byte[] second = kind != DataV2 ? [0x15, .. Varint(ZigZag(encoding))]
            : [0x15, .. Varint(ZigZag(nulls)), 0x25, .. Varint(ZigZag(encoding)), 0x15, .. Varint(ZigZag(5)), 0x15, .. Varint(ZigZag(0))];
        byte[] header = [0x25, .. Varint(ZigZag(bytes)), 0x15, .. Varint(ZigZag(20)), (byte)((kind - 3) << 4 | 0x0C), 0x15, .. Varint(ZigZag(10)), .. second, 0, 0];
        void Check() => PageGuard.Check(PageHeader.Of(header)!, 32, hasLevels, 1_000_000, 100);
        if (text is null)
            Check();
        else
            Assert.Contains(text, Assert.Throws<InvalidDataException>(Check).Message);
    }

    [Fact]
    public void Footer_whose_lists_do_not_fit_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => ThriftValidator.Check([0x19, 0xF5, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00]));
        Assert.Throws<InvalidDataException>(() => ThriftValidator.Check([0x15]));
        Assert.Throws<InvalidDataException>(() => ThriftValidator.Check([0x18, 0x7F, 0x00]));
        Assert.Throws<InvalidDataException>(() => ThriftValidator.Check([.. Enumerable.Repeat((byte)0x1C, 1000)]));
        ThriftValidator.Check([0x15, 0x02, 0x18, 0x01, 0x41, 0x00]);
    }

    [Fact]
    public void Stream_ends_readers_that_go_round_in_circles()
    {
        string path = Folder.File("loop");
        File.WriteAllBytes(path, new byte[1000]);
        using var stream = new ShardStream(new FileSource(path)) { Budget = 100_000 };
        stream.Open();
        Assert.Throws<InvalidDataException>(() =>
        {
            for (int i = 0; i < 1_000_000; i++)
            {
                stream.Seek(0, SeekOrigin.Begin);
                stream.ReadByte();
            }
        });
        stream.Budget = 100_000;
        stream.Seek(0, SeekOrigin.End);
        Assert.Throws<InvalidDataException>(() =>
        {
            while (stream.ReadByte() < 0)
            {
            }
        });
    }

    [SkippableFact]
    public void Unreadable_file_is_an_input_output_failure()
    {
        Skip.If(OperatingSystem.IsWindows(), "permissions are of another kind there");
        string path = new TestShard().Column("label", 0, 1).Write(Folder.File("secret.parquet"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.None);
        Skip.If(CanRead(path), "permissions do not stop this user");
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([path]));
        Assert.Equal(ErrorKind.InputOutput, failure.Kind);
        Assert.Contains("permission", failure.Message);
    }

    private static bool CanRead(string path)
    {
        try
        {
            File.OpenRead(path).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Replaces the number of rows everywhere in the footer, which has no offsets into itself.</summary>
    private static void DeclareRows(string path, long rows)
    {
        byte[] file = File.ReadAllBytes(path), from = [0x16, .. Varint(ZigZag(Rows))], to = [0x16, .. Varint(ZigZag(rows))];
        int length = BitConverter.ToInt32(file, file.Length - 8), start = file.Length - 8 - length;
        var footer = new List<byte>();
        int replaced = 0;
        for (int i = start; i < start + length;)
        {
            bool here = file.AsSpan(i, start + length - i).StartsWith(from);
            footer.AddRange(here ? to : [file[i]]);
            i += here ? from.Length : 1;
            replaced += here ? 1 : 0;
        }

        Assert.Equal(3, replaced);
        File.WriteAllBytes(path, [.. file[..start], .. footer, .. BitConverter.GetBytes(footer.Count), .. "PAR1"u8]);
    }

    private static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}

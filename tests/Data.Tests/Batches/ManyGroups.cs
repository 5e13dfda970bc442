using GpuCtr.Data.Parquet;

namespace GpuCtr.Data.Tests.Batches;

/// <summary>Writes a shard whose row groups share the same pages, so that there can be very many of them.</summary>
internal static class ManyGroups
{
    public const int Rows = 4;

    public static readonly int[] Users = [3, 1, 4, 1];

    /// <summary>Writes one row group and repeats what the footer says about it.</summary>
    public static string Write(TempFolder folder, int groups, int? declaredGroups = null)
    {
        string path = folder.File($"groups{groups}.parquet");
        new TestShard().Column("label", 0, 1, 0, 1).Column("user", Users).Column("item", 5, 9, 2, 6).Write(path);
        byte[] file = File.ReadAllBytes(path);
        int start = file.Length - 8 - BitConverter.ToInt32(file, file.Length - 8);
        ReadOnlySpan<byte> footer = file.AsSpan(start, file.Length - 8 - start);
        var written = new List<byte>();
        int from = 0;
        var thrift = new ThriftReader(footer);
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            int value = thrift.Position;
            thrift.Skip(type);
            if (field is not (3 or 4))
                continue;
            written.AddRange(footer[from..value]);
            from = thrift.Position;
            if (field == 3)
            {
                written.AddRange(Varint(2L * Rows * (declaredGroups ?? groups)));
                continue;
            }

            written.AddRange([0xFC, .. Varint(groups)]);
            byte[] group = footer[(value + 1)..from].ToArray();
            for (int g = 0; g < groups; g++)
                written.AddRange(group);
        }

        written.AddRange(footer[from..]);
        File.WriteAllBytes(path, [.. file[..start], .. written, .. BitConverter.GetBytes(written.Count), .. "PAR1"u8]);
        return path;
    }

    private static byte[] Varint(long value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}

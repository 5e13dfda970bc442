using System.Buffers.Binary;
using System.Text;
using GpuCtr.Training.Reports;

namespace GpuCtr.Training.Tests.Reports;

[Trait("Speed", "Fast")]
public sealed class EventFileTests : OwnFolder
{
    [Fact]
    public void Crc32c_has_the_published_check_value()
    {
        // 0xE3069283 is CRC-32C of "123456789"; masking as TensorFlow's record format says.
        uint crc = 0xE3069283;
        Assert.Equal(((crc >> 15) | (crc << 17)) + 0xA282EAD8, EventFile.MaskedCrc("123456789"u8));
        Assert.Equal(crc, Crc32C("123456789"u8));
    }

    [Fact]
    public void Records_are_framed_and_hold_what_was_added()
    {
        using (EventFile file = new(Folder.Path))
        {
            file.Add(7, ("train/logloss", 0.5), ("valid/auc", null), ("speed", double.NaN));
            file.Add(1L << 40, ("valid/auc", 0.75));
        }
        string path = Assert.Single(Directory.GetFiles(Folder.Path));
        Assert.StartsWith("events.out.tfevents.", Path.GetFileName(path));
        List<byte[]> records = Records(File.ReadAllBytes(path));
        Assert.Equal(3, records.Count);
        Assert.Contains("brain.Event:2", Encoding.UTF8.GetString(records[0]));
        (long step, Dictionary<string, float> values) = Event(records[1]);
        Assert.Equal(7, step);
        Assert.Equal(new Dictionary<string, float> { ["train/logloss"] = 0.5f }, values);
        (step, values) = Event(records[2]);
        Assert.Equal(1L << 40, step);
        Assert.Equal(0.75f, values["valid/auc"]);
    }

    /// <summary>Reads the framing and checks both checksums of every record.</summary>
    public static List<byte[]> Records(byte[] file)
    {
        List<byte[]> records = [];
        for (int at = 0; at < file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(Unmasked(file.AsSpan(at + 8)), Crc32C(file.AsSpan(at, 8)));
            Assert.Equal(Unmasked(file.AsSpan(at + 12 + length)), Crc32C(file.AsSpan(at + 12, length)));
            records.Add(file[(at + 12)..(at + 12 + length)]);
            at += 16 + length;
        }
        return records;
    }

    /// <summary>Step and scalar values of an Event message.</summary>
    public static (long Step, Dictionary<string, float> Values) Event(byte[] message)
    {
        long step = 0;
        Dictionary<string, float> values = [];
        foreach ((int field, ulong number, byte[] bytes) in ProtoFields.Of(message))
        {
            if (field == 2)
                step = (long)number;
            foreach ((int inner, _, byte[] value) in field == 5 ? ProtoFields.Of(bytes) : [])
            {
                Assert.Equal(1, inner);
                (int, ulong, byte[])[] parts = [.. ProtoFields.Of(value)];
                values.Add(Encoding.UTF8.GetString(parts.Single(p => p.Item1 == 1).Item3), BitConverter.UInt32BitsToSingle((uint)parts.Single(p => p.Item1 == 2).Item2));
            }
        }
        return (step, values);
    }

    private static uint Unmasked(ReadOnlySpan<byte> bytes)
    {
        uint rotated = BinaryPrimitives.ReadUInt32LittleEndian(bytes) - 0xA282EAD8;
        return (rotated >> 17) | (rotated << 15);
    }

    /// <summary>Bit by bit: the reflected polynomial of Castagnoli.</summary>
    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
        }
        return ~crc;
    }
}

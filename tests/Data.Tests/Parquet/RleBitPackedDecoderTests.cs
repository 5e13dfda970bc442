using GpuCtr.Data.Parquet;

namespace GpuCtr.Data.Tests.Parquet;

[Trait("Speed", "Fast")]
public sealed class RleBitPackedDecoderTests
{
    [Fact]
    public void Runs_and_groups_of_every_width_are_decoded()
    {
        Random random = new(1);
        for (int bits = 0; bits <= 32; bits++)
        {
            foreach (int length in new[] { 1, 7, 8, 9, 64, 1000 })
            {
                List<uint> values = [];
                List<byte> bytes = [];
                while (values.Count < length)
                {
                    bool repeated = random.Next(2) == 0;
                    int count = repeated ? random.Next(1, 200) : 8 * random.Next(1, 30);
                    uint[] run = [.. Enumerable.Range(0, count).Select(_ => (uint)random.NextInt64(1L << bits))];
                    if (repeated)
                        Array.Fill(run, run[0]);
                    values.AddRange(run);
                    bytes.AddRange(repeated ? Repeated(run, bits) : Packed(run, bits));
                }

                int[] decoded = new int[values.Count];
                Assert.Equal(bytes.Count, RleBitPackedDecoder.Decode([.. bytes, 0xFF], bits, decoded));
                Assert.Equal(values, decoded.Select(d => (uint)d));
            }
        }
    }

    [Theory]
    [InlineData(new byte[0], 1)] // nothing
    [InlineData(new byte[] { 0x80 }, 1)] // half a number
    [InlineData(new byte[] { 0x10 }, 1)] // a run without its value
    [InlineData(new byte[] { 0x00, 0x01 }, 1)] // a run of no values
    [InlineData(new byte[] { 0x06, 0x01 }, 1)] // three values where eight must be
    [InlineData(new byte[] { 0x12, 0x01 }, 1)] // nine values where eight must be
    [InlineData(new byte[] { 0x10, 0x02 }, 1)] // a two where there is one bit
    [InlineData(new byte[] { 0x03, 1, 2 }, 3)] // eight values of three bits in two bytes
    [InlineData(new byte[] { 0x03, 1, 2, 3, 4 }, 33)]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, 1)]
    public void What_is_too_short_or_too_wide_is_refused(byte[] bytes, int bits) =>
        Assert.Throws<InvalidDataException>(() => RleBitPackedDecoder.Decode(bytes, bits, new int[8]));

    private static IEnumerable<byte> Repeated(uint[] run, int bits) =>
        [.. Varint((uint)run.Length << 1), .. BitConverter.GetBytes(run[0])[..((bits + 7) / 8)]];

    private static IEnumerable<byte> Packed(uint[] run, int bits)
    {
        byte[] packed = new byte[run.Length * bits / 8];
        for (int i = 0; i < run.Length * bits; i++)
            packed[i / 8] |= (byte)(((run[i / bits] >> (i % bits)) & 1) << (i % 8));
        return [.. Varint(((uint)run.Length / 8 << 1) | 1), .. packed];
    }

    private static IEnumerable<byte> Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}

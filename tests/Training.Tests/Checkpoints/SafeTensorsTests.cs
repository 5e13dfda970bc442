using System.Buffers.Binary;
using System.Text;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Tests.Checkpoints;

[Trait("Speed", "Fast")]
public sealed class SafeTensorsTests : OwnFolder
{
    private readonly Device device = Device.Open("cpu", threads: 1);

    public override void Dispose()
    {
        device.Dispose();
        base.Dispose();
    }

    [Fact]
    public void Tensors_come_back_bit_by_bit()
    {
        using Workspace from = new(device), to = new(device);
        // One is larger than a chunk, one is empty, one has a name that JSON must escape.
        (string, long, int)[] shapes = [("table", 300_001, 5), ("none", 0, 16), ("a \"b\" é", 3, 7)];
        Tensor[] written = [.. shapes.Select(s => from.Tensor(s.Item1, s.Item2, s.Item3))], read = [.. shapes.Select(s => to.Tensor(s.Item1, s.Item2, s.Item3))];
        from.Allocate();
        to.Allocate();
        Random random = new(1);
        foreach (Tensor t in written)
        {
            float[] values = new float[t.Length];
            for (int i = 0; i < values.Length; i++)
                values[i] = BitConverter.Int32BitsToSingle(random.Next(0x7F80_0000) | (random.Next(2) << 31));
            t.Write(device, values);
        }

        string path = Folder.File("x.safetensors");
        SafeTensors.Write(path, device, written);
        SafeTensors.Read(path, device, read);
        for (int i = 0; i < written.Length; i++)
            Assert.Equal(Bits(written[i]), Bits(read[i]));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(path).AsSpan(0, 8)) % 8);
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 299_999)]
    [InlineData(float.NegativeInfinity, 300_000)]
    public void A_value_that_is_not_finite_is_refused_by_tensor_and_row(float value, int row)
    {
        using Workspace work = new(device);
        Tensor t = work.Tensor("table", 300_001, 5);
        work.Allocate();
        t.Write(device, [value], row * 5L + 4);
        string path = Folder.File("y.safetensors");
        SafeTensors.Write(path, device, [t]);
        string message = Assert.Throws<GpuCtrException>(() => SafeTensors.Read(path, device, [t])).Message;
        Assert.Contains($"tensor 'table', row {row}: ", message);
    }

    [Fact]
    public void Other_tensors_than_expected_are_refused()
    {
        using Workspace work = new(device);
        Tensor a = work.Tensor("a", 2, 3), wide = new Workspace(device).Tensor("a", 3, 2), b = work.Tensor("b", 1, 1);
        work.Allocate();
        string path = Folder.File("x.safetensors");
        SafeTensors.Write(path, device, [a]);
        Assert.Contains("(2, 3), expected (3, 2)", Refused(() => SafeTensors.Read(path, device, [wide])));
        Assert.Contains("'b' is missing", Refused(() => SafeTensors.Read(path, device, [a, b])));
        Assert.Contains("'a' is not part", Refused(() => SafeTensors.Read(path, device, [])));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[1,1],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,12]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[-8,0]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2,-1],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,9223372036854775807,9223372036854775807],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1e400,1],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}")]
    public void Hostile_headers_are_refused(string header)
    {
        string path = Folder.File("x.safetensors");
        byte[] text = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(path, [.. length, .. text, .. new byte[8]]);
        RefusedCheaply(path);
    }

    [Theory]
    [InlineData(0x7fffffffffffffff)]
    [InlineData(-1)]
    [InlineData(1L << 30)]
    [InlineData(100)]
    public void Hostile_header_lengths_are_refused(long claimed)
    {
        string path = Folder.File("x.safetensors");
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, claimed);
        File.WriteAllBytes(path, [.. length, .. "{}      "u8]);
        RefusedCheaply(path);
        File.WriteAllBytes(path, length[..5]);
        RefusedCheaply(path);
    }

    private void RefusedCheaply(string path)
    {
        using Workspace work = new(device);
        Tensor a = work.Tensor("a", 2, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(() => SafeTensors.Read(path, device, [a]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static string Refused(Action action)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(action);
        Assert.Equal(ErrorKind.Data, failure.Kind);
        return failure.Message;
    }

    private int[] Bits(Tensor t) => [.. t.ToArray(device).Select(BitConverter.SingleToInt32Bits)];
}

using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Tests.Memory;

/// <summary>Buffers of the device: apart, once only, with a note of what was written.</summary>
[Trait("Speed", "Fast")]
public sealed class DeviceMemoryTests
{
    [Fact]
    public void Addresses_are_multiples_of_256_and_no_larger_power_and_belong_to_one_buffer()
    {
        DeviceMemory memory = new(1 << 20);
        Allocation[] made = [.. new long[] { 1, 255, 256, 65536, 70000 }.Select(bytes => memory.Allocate(bytes)!)];
        Assert.All(made, a => Assert.Equal(256u, a.Address % 512));
        Assert.All(made, a => Assert.Same(a, memory.Find(a.Address + (ulong)a.Bytes - 1)));
        Assert.All(made, a => Assert.True(DeviceMemory.IsDevice(a.Address)));
        Assert.All(made.Zip(made.Skip(1)), pair => Assert.True(pair.Second.Address - pair.First.Address >= (ulong)pair.First.Bytes + 60000));
    }

    [Fact]
    public void Memory_runs_out_and_comes_back_under_other_addresses()
    {
        DeviceMemory memory = new(1000);
        Allocation first = memory.Allocate(600)!;
        Assert.Null(memory.Allocate(401));
        Assert.True(memory.Free(first.Address));
        Assert.False(memory.Free(first.Address));
        Allocation second = memory.Allocate(1000)!;
        Assert.NotEqual(first.Address, second.Address);
        Assert.True(memory.Find(first.Address)!.IsFreed);
    }

    [Fact]
    public void Every_byte_knows_whether_it_was_written()
    {
        Allocation a = new DeviceMemory(1 << 20).Allocate(300)!, b = new DeviceMemory(1 << 20).Allocate(300)!;
        a.MarkWritten(61, 70);
        for (int i = 0; i < 300; i++)
            Assert.Equal(i is >= 61 and < 131, a.IsWritten(i, 1));
        Assert.True(a.IsWritten(61, 64));
        Assert.False(a.IsWritten(60, 4));
        Assert.False(a.IsWritten(128, 4));
        b.MarkWritten(0, 300);
        b.CopyWritten(100, a, 57, 8);
        Assert.True(b.IsWritten(104, 64));
        for (int i = 100; i < 104; i++)
            Assert.False(b.IsWritten(i, 1));
    }

    [Theory]
    [InlineData(0, 0, 300)]
    [InlineData(1, 64, 200)]
    [InlineData(64, 1, 129)]
    [InlineData(63, 61, 2)]
    [InlineData(130, 7, 64)]
    public void A_copy_takes_the_note_of_each_byte_along_and_leaves_the_others(int offset, int from, int count)
    {
        Allocation a = new DeviceMemory(1 << 20).Allocate(300)!, b = new DeviceMemory(1 << 20).Allocate(300)!;
        Random random = new(offset);
        bool[] source = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) == 0)], target = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) == 0)];
        foreach ((Allocation buffer, bool[] notes) in new[] { (a, source), (b, target) })
            for (int i = 0; i < 300; i++)
                if (notes[i])
                    buffer.MarkWritten(i, 1);
        b.CopyWritten(offset, a, from, count);
        source.AsSpan(from, count).CopyTo(target.AsSpan(offset));
        Assert.Equal(target, Enumerable.Range(0, 300).Select(i => b.IsWritten(i, 1)));
    }
}

using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Verification;

namespace GpuCtr.Kernels.Tests.Simd;

/// <summary>The bits of an op on the CPU depend neither on how many threads share the work nor on the width of vectors.</summary>
public sealed class ThreadCountTests
{
    [Fact]
    public void Every_op_gives_the_same_bits_on_one_to_five_threads()
    {
        Device[] devices = [.. Enumerable.Range(1, 5).Select(threads => Device.Open("cpu", threads: threads))];
        foreach (OpCase c in OpTable.Cases)
        {
            int[][] expected = Bits(c, devices[0]);
            foreach (Device device in devices[1..])
                Assert.True(expected.Zip(Bits(c, device), Enumerable.SequenceEqual).All(same => same), $"{c} gives other bits on {device.Threads} threads than on one");
        }
        foreach (Device device in devices)
            device.Dispose();
    }

    [Fact]
    public void Gemm_gives_the_same_bits_with_tiles_of_512_and_256_bits()
    {
        using Device device = Device.Open("cpu");
        OpCase[] products = [.. OpTable.Cases.Where(c => c.Op == "gemm")];
        Assert.NotEmpty(products);
        foreach (OpCase c in products)
        {
            using Trial trial = new(c, device, attempt: 0);
            trial.Workspace.Allocate();
            int[][] bits = [.. trial.Run().Zip(trial.Tensors).Where(t => t.Second.Role == TensorRole.State).Select(t => Bits(t.First.Values))];
            Assert.Equal(bits[0], bits[1]);
        }
    }

    private static int[][] Bits(OpCase c, Device device)
    {
        using Trial trial = new(c, device, attempt: 0);
        trial.Workspace.Allocate();
        return [.. trial.Run().SelectMany(t => new[] { Bits(t.Values), Bits(t.Gradient) })];
    }

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
}

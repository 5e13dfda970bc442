using System.Runtime.Intrinsics;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.Bench;

/// <summary>The best possible rates of a device, measured: bytes copied and float32 operations per second.</summary>
/// <param name="CopyBytesPerSecond">Bytes read plus bytes written, for a copy larger than any cache.</param>
/// <param name="FlopsPerSecond">Multiply-adds on registers, each counted as two operations.</param>
internal readonly record struct Roofline(double CopyBytesPerSecond, double FlopsPerSecond)
{
    private const long CopyFloats = 64 << 20;
    private const int Chains = 8, ChainLength = 4096, Repeats = 7;

    // What takes longer is not repeated: a device so slow needs no average, and tests of this program run on such ones.
    private const double MostSeconds = 2, MostSecondsOfChain = 0.05;

    /// <summary>The least time that some work takes.</summary>
    public double Seconds(Work work) => Math.Max(work.Bytes / CopyBytesPerSecond, work.Flops / FlopsPerSecond);

    public static Roofline Measure(Device device) => new(CopyRate(device), device.UsesSimd ? CpuFlops(device.Threads) : GpuFlops(device));

    private static double CopyRate(Device device)
    {
        using Workspace workspace = new(device);
        Tensor from = workspace.Tensor("from", 1, (int)CopyFloats), to = workspace.Tensor("to", 1, (int)CopyFloats);
        workspace.Allocate();
        Action copy = device.UsesSimd
            ? () => Parallel.For(0, device.Threads, i => Part(from, i, device.Threads).CopyTo(Part(to, i, device.Threads)))
            : () => to.View.CopyFrom(device.Stream, from.View);
        return 2 * from.Bytes / Best(device, copy);
    }

    private static Span<float> Part(Tensor t, int i, int parts) => t.Span(t.Length * i / parts, t.Length * (i + 1) / parts - t.Length * i / parts);

    private static double GpuFlops(Device device)
    {
        using Workspace workspace = new(device);
        KernelConfig grid = new(device.Accelerator.NumMultiprocessors * 8, device.Kind == DeviceKind.Cpu ? 1 : 256);
        Tensor sink = workspace.Tensor("sink", 1, grid.GridDim.X * grid.GroupDim.X);
        workspace.Allocate();
        var kernel = device.Accelerator.LoadKernel<ArrayView<float>, float, int>(Multiply);
        double Seconds(int length) => Best(device, () => kernel(device.Stream, grid, sink.View, 0.999f, length));
        const int probe = ChainLength / 128;
        int length = Math.Clamp((int)(MostSecondsOfChain / Seconds(probe)) * probe, probe, ChainLength);
        return 2.0 * Chains * length * sink.Length / Seconds(length);
    }

    /// <summary>Multiply-adds in eight independent chains, which keep the pipeline full.</summary>
    private static void Multiply(ArrayView<float> sink, float x, int length)
    {
        float a = Group.IdxX, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6, h = a + 7;
        for (int i = 0; i < length; i++)
        {
            a = a * x + 1; b = b * x + 1; c = c * x + 1; d = d * x + 1;
            e = e * x + 1; f = f * x + 1; g = g * x + 1; h = h * x + 1;
        }
        sink[Grid.GlobalLinearIndex] = a + b + c + d + e + f + g + h;
    }

    private static double CpuFlops(int threads)
    {
        const int rounds = 200_000;
        double[] sinks = new double[threads * 64];
        double seconds = Best(() => Parallel.For(0, threads, i => sinks[i * 64] = Multiply(rounds)));
        return 2.0 * 16 * 10 * rounds * threads / seconds;
    }

    private static double Multiply(int rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), o = Vector512<float>.One;
        Vector512<float> a = o, b = o * 2, c = o * 3, d = o * 4, e = o * 5, f = o * 6, g = o * 7, h = o * 8, k = o * 9, l = o * 10;
        for (int i = 0; i < rounds; i++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, o); b = Vector512.FusedMultiplyAdd(b, x, o); c = Vector512.FusedMultiplyAdd(c, x, o); d = Vector512.FusedMultiplyAdd(d, x, o);
            e = Vector512.FusedMultiplyAdd(e, x, o); f = Vector512.FusedMultiplyAdd(f, x, o); g = Vector512.FusedMultiplyAdd(g, x, o); h = Vector512.FusedMultiplyAdd(h, x, o);
            k = Vector512.FusedMultiplyAdd(k, x, o); l = Vector512.FusedMultiplyAdd(l, x, o);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + k + l);
    }

    private static double Best(Device device, Action run)
    {
        run();
        device.Synchronize();
        return Best(() =>
        {
            run();
            device.Synchronize();
        });
    }

    private static double Best(Action run)
    {
        double best = double.PositiveInfinity, all = 0;
        for (int i = 0; i < Repeats && all < MostSeconds; i++)
        {
            double seconds = Turns.Seconds(run);
            (best, all) = (Math.Min(best, seconds), all + seconds);
        }
        return best;
    }
}

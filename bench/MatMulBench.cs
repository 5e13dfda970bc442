using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Bench;

/// <summary>The three products of a dense layer (forward, input gradient, weight gradient) at the shapes of DeepFM and DIN.</summary>
/// 2·B·K·N operations each: divide by the time for FLOP/s.
public class MatMulBench
{
    private Device device = null!;
    private Workspace workspace = null!;
    private MatMul product = null!;
    private Tensor x = null!, w = null!, y = null!;

    /// <summary>B, K, N of the layer y (B, N) = x (B, K) Wᵀ.</summary>
    [Params("4096 624 400", "4096 400 400", "4096 416 256", "4096 256 128", "51200 80 40")]
    public string Layer { get; set; } = "";

    private int B => int.Parse(Layer.Split(' ')[0]);

    private int K => int.Parse(Layer.Split(' ')[1]);

    private int N => int.Parse(Layer.Split(' ')[2]);

    /// <summary>Runs all benchmarks in this process, so that no SDK is needed.</summary>
    public static void Run() => BenchmarkRunner.Run<MatMulBench>(
        DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));

    /// <summary>Opens the device and fills the matrices with numbers that are not zero.</summary>
    [GlobalSetup]
    public void Open()
    {
        device = Device.Open("cpu");
        workspace = new Workspace(device);
        (x, w, y) = (workspace.Tensor("x", B, K), workspace.Tensor("w", N, K), workspace.Tensor("y", B, N));
        workspace.Allocate();
        Random random = new(1);
        foreach (Tensor t in new[] { x, w, y })
            t.Write(device, Enumerable.Range(0, (int)t.Length).Select(_ => (float)random.NextDouble() - 0.5f).ToArray());
        product = new MatMul(device);
    }

    /// <summary>y = x Wᵀ.</summary>
    [Benchmark]
    public void Forward() => product.Run(y, x, w, new(B, N, K, TransposeB: true));

    /// <summary>dx = dy W.</summary>
    [Benchmark]
    public void InputGradient() => product.Run(x, y, w, new(B, K, N));

    /// <summary>dW = dyᵀ x.</summary>
    [Benchmark]
    public void WeightGradient() => product.Run(w, y, x, new(N, K, B, TransposeA: true));

    /// <summary>Closes the device.</summary>
    [GlobalCleanup]
    public void Close()
    {
        product.Dispose();
        workspace.Dispose();
        device.Dispose();
    }
}

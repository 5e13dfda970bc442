using GpuCtr.SoftCuda.Driver;
using GpuCtr.SoftCuda.Execution;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Loading;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda;

/// <summary>A launch that was executed.</summary>
/// <param name="Kernel">The kernel's name in its module.</param>
/// <param name="Launch">Grid, block, dynamic shared memory, arguments.</param>
/// <param name="SharedBytes">Shared memory of a block, static and dynamic.</param>
/// <param name="InGraph">Whether it was a node of a graph.</param>
/// <param name="Counts">What it did.</param>
public sealed record Launched(string Kernel, KernelLaunch Launch, int SharedBytes, bool InGraph, LaunchCounts Counts);

/// <summary>A GPU in software, behind the functions of libcuda and cuBLAS that this process calls.</summary>
public sealed class Machine
{
    // Buffers of the device are memory of the host: more than this is never told to be there.
    private const long MostBytes = 8L << 30;

    private static Machine? current;
    private static bool isLoaded;

    private readonly Executor executor;
    private readonly Engine engine;

    private Machine(MachineSettings settings)
    {
        Settings = settings;
        Findings = new(settings.FindingsFile is { } file ? finding => Append(file, finding) : finding => Console.Error.WriteLine($"soft-cuda: {finding}"));
        Memory = new(Math.Min(MostBytes, (long)settings.Capability.MemoryGiB << 30));
        executor = new(Memory, Findings, settings.Capability, settings.Checks, settings.Contracts);
        engine = new(settings, Memory, Findings) { Launch = Run };
        Process = new(settings, engine);
    }

    /// <summary>The machine that calls of this process go to.</summary>
    internal static Machine Current => current ?? throw new InvalidOperationException("no machine is installed");

    /// <summary>What it is.</summary>
    public MachineSettings Settings { get; }

    /// <summary>What it found.</summary>
    public Findings Findings { get; }

    /// <summary>Its memory.</summary>
    public DeviceMemory Memory { get; }

    /// <summary>Told after every launch, in the order of execution; the machine waits.</summary>
    public event Action<Launched>? Launch;

    internal CudaProcess Process { get; }

    /// <summary>Puts a new machine behind libcuda.so.1 and cuBLAS. What was made on an earlier one must not be used any more.</summary>
    public static Machine Install(MachineSettings settings)
    {
        // What an earlier one has left to finalizers is its own: numbers of objects and addresses begin anew.
        if (current is { Process.HasContexts: true })
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        current = new(settings);
        if (!isLoaded)
        {
            _ = StandIn.Load("libcuda.so.1", typeof(Exports), Exports.Absent, name => (int)Current.Process.Call(name, () => throw new Refusal(CudaResult.NotSupported, "this machine does not have it")));
            _ = StandIn.Load($"libcublas.so.{current.Process.DriverVersion / 1000}", typeof(Blas.Exports), [], _ => 0);
        }
        isLoaded = true;
        return current;
    }

    private CudaResult Run(PtxKernel kernel, KernelLaunch launch, bool inGraph)
    {
        CudaResult result = executor.Run(kernel, launch);
        foreach (Touch touch in executor.Touched)
            engine.Note(touch);
        Launch?.Invoke(new(kernel.Name, launch, kernel.SharedBytes + launch.DynamicSharedBytes, inGraph, executor.Counts));
        return result;
    }

    // Opened for every line: several processes may append.
    private static void Append(string file, Finding finding) => File.AppendAllText(file, $"{finding}\n");
}

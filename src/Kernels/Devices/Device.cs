using System.Reflection;
using GpuCtr.Kernels.Blas;
using GpuCtr.Kernels.Simd;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using CuBlas = GpuCtr.Kernels.Blas.CuBlas;

namespace GpuCtr.Kernels.Devices;

/// <summary>Which kind of accelerator a <see cref="Device"/> is.</summary>
public enum DeviceKind
{
    /// <summary>The processor: ILGPU's CPU accelerator for memory and portable kernels, SIMD variants for the heavy work.</summary>
    Cpu,

    /// <summary>Any OpenCL device.</summary>
    OpenCl,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>Which variant of an op to use where there are several.</summary>
public enum KernelChoice
{
    /// <summary>The fastest variant that the device supports.</summary>
    Auto,

    /// <summary>The portable kernels, the definition of correctness.</summary>
    Portable,

    /// <summary>What Auto is on a GPU: threads of a group share tiles in fast memory. Slow on the CPU device, where it is there to be tested, with a stand-in for tensor cores too.</summary>
    Tiled,

    /// <summary>Tiled, with plain products by cuBLAS, which Auto is on CUDA where the library is there. Elsewhere a scalar stand-in, to be tested.</summary>
    Library,
}

/// <summary>A kernel that an op made a device load, the threads of its groups on a GPU, and the least NVIDIA architecture that it runs on.</summary>
internal readonly record struct LoadedKernel(MethodInfo Method, int GroupSize, int LeastArchitecture);

/// <summary>One accelerator with its stream, its kernels' launch shape, and on the CPU the worker team of the SIMD variants.</summary>
/// <remarks>
/// Its stream and its workers do one thing at a time: models on one device take turns. What lies on it keeps it open: disposed, it takes no more calls, and
/// goes with the last model.
/// </remarks>
public sealed class Device : IDisposable
{
    private readonly Context context;
    private readonly Lifetime lifetime;

    // As it was when the device was opened: a process may bound its own heap later, which says nothing of native memory.
    private readonly long hostLimit = HostMemory.LimitBytes;

    // ILGPU's own cache forgets a kernel at the next garbage collection; compiling takes up to half a second.
    private readonly Dictionary<MethodInfo, Delegate> launchers = [];

    /// <summary>Threads of a group on GPUs, and in tiled kernels everywhere.</summary>
    internal const int GroupThreads = 64;

    internal Device(Context context, Accelerator accelerator, DeviceKind kind, string name, KernelChoice kernels, Precision precision, int threads)
    {
        this.context = context;
        lifetime = new Lifetime(nameof(Device), Free);
        Accelerator = accelerator;
        Kind = kind;
        Name = name;
        Kernels = kernels;
        Precision = precision;
        CheckPrecision();
        Stream = NewStream();
        CudaDriver? driver = accelerator is CudaAccelerator ? CudaDriver.Open() : null;
        Team = UsesSimd ? new WorkerTeam(threads) : null;
        Blas = OpenBlas();
        Copies = UsesSimd ? null : driver is { LacksEvents: null } ? CopiesBeside(driver) : new BatchCopies(Stream);
        if (driver is not null && kernels != KernelChoice.Portable)
            (Recorder, RecorderRefusal) = CudaGraphs.Open(driver, ((CudaStream)Stream).StreamPtr, accelerator.Bind);
    }

    /// <summary>Opens the device named by <paramref name="spec"/>: auto, cpu, cuda, cuda:N, opencl or opencl:N.</summary>
    /// <param name="spec">auto = CUDA, else an OpenCL GPU, else the CPU.</param>
    /// <param name="kernels">Which op variants to use.</param>
    /// <param name="threads">Worker threads of the CPU device; 0 = one per core.</param>
    /// <param name="precision">What the factors of matrix products are rounded to.</param>
    /// <exception cref="DeviceException">The device is not there (the message lists what is), or has no such precision.</exception>
    public static Device Open(string spec = "auto", KernelChoice kernels = KernelChoice.Auto, int threads = 0, Precision precision = Precision.Fp32) =>
        DeviceCatalog.Open(spec, kernels, threads, precision);

    /// <summary>The kind of accelerator.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Name as the driver gives it.</summary>
    public string Name { get; }

    /// <summary>Which op variants are in use.</summary>
    public KernelChoice Kernels { get; }

    /// <summary>What the factors of matrix products are rounded to.</summary>
    public Precision Precision { get; }

    /// <summary>True where the ops run their SIMD variants.</summary>
    public bool UsesSimd => Kind == DeviceKind.Cpu && Kernels == KernelChoice.Auto;

    /// <summary>True where the ops run their tiled variants: on GPUs, and where they were asked for.</summary>
    public bool UsesTiles => Kernels is KernelChoice.Tiled or KernelChoice.Library
        || Kernels == KernelChoice.Auto && (Accelerator is CudaAccelerator || Accelerator is CLAccelerator cl && cl.DeviceType.IsGpu());

    /// <summary>True where positions are sorted on the device (<see cref="Embedding.LookupSort"/>), false where the loader does it.</summary>
    public bool SortsLookups => UsesTiles;

    /// <summary>ILGPU's accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>The stream on which all kernels and copies of this device run.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Threads at work in the SIMD variants; 1 where there are none.</summary>
    public int Threads => Team?.Threads ?? 1;

    /// <summary>The threads of the SIMD variants.</summary>
    internal WorkerTeam? Team { get; }

    /// <summary>The library of products that plain ones go to; null where there is none.</summary>
    internal IBlas? Blas { get; }

    /// <summary>How batches get to the device; null where the SIMD variants read them in place.</summary>
    internal BatchCopies? Copies { get; }

    /// <summary>Records launches to be repeated as one; null where nothing does, with portable kernels, and with GPU_CTR_GRAPH=off.</summary>
    internal ILaunchRecorder? Recorder { get; set; }

    /// <summary>Why a device that could have a <see cref="Recorder"/> has none.</summary>
    internal string? RecorderRefusal { get; }

    /// <summary>Where launches are taken down instead of running, while a <see cref="LaunchList"/> records.</summary>
    internal List<Action>? Recording { get; set; }

    /// <summary>Whoever has the stream and the workers at the moment.</summary>
    internal Lock Turn { get; } = new();

    /// <summary>Whether several threads may call at once, each with a model of its own: where there are neither workers nor a stream to share.</summary>
    internal bool ServesThreads => UsesSimd && Threads == 1;

    /// <summary>Whether it takes no more calls.</summary>
    internal bool IsDisposed => lifetime.IsClosed;

    /// <summary>Entered by all that lies on it.</summary>
    internal Lifetime Lifetime => lifetime;

    /// <summary>Device memory in bytes.</summary>
    public long MemoryBytes => Accelerator.MemorySize;

    /// <summary>Bytes that can still be allocated: of the GPU where its driver says, of the machine or container for the CPU.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public long AvailableBytes
    {
        get
        {
            using Lifetime.Lease lease = lifetime.Enter();
            return Accelerator switch
            {
                CudaAccelerator cuda => cuda.GetFreeMemory(),
                CPUAccelerator => HostMemory.AvailableBytes(hostLimit),
                _ => MemoryBytes,
            };
        }
    }

    /// <summary>Launch shape for a grid-stride kernel over <paramref name="items"/> work items.</summary>
    /// <remarks>One group of one thread per core on the CPU accelerator (anything else is far slower there); many small groups elsewhere.</remarks>
    internal KernelConfig Grid(long items)
    {
        if (Kind == DeviceKind.Cpu)
            return new KernelConfig(Accelerator.NumMultiprocessors, 1);
        long groups = Math.Clamp((items + GroupThreads - 1) / GroupThreads, 1, Accelerator.NumMultiprocessors * 32L);
        return new KernelConfig((int)groups, GroupThreads);
    }

    /// <summary>Every kernel that ops of this device have loaded so far, specializations apart.</summary>
    internal IEnumerable<LoadedKernel> LoadedKernels => launchers.Keys.Select(method =>
        new LoadedKernel(method, method.GetCustomAttribute<KernelNeedsAttribute>()?.Threads ?? GroupThreads, method.GetCustomAttribute<KernelNeedsAttribute>()?.Architecture ?? 0));

    /// <summary>Chooses the variant of an op, once, when the op is built. Only the chosen one is built, so the others reserve nothing.</summary>
    /// <param name="portable">Runs everywhere, and defines what is correct.</param>
    /// <param name="simd">For the worker team of the CPU device.</param>
    /// <param name="gpu">Tiles in shared memory, four floats a thread or a library's products; null: the portable one.</param>
    internal T Select<T>(Func<T> portable, Func<T> simd, Func<T>? gpu = null) => UsesSimd ? simd() : UsesTiles && gpu is not null ? gpu() : portable();

    /// <summary>The launcher of a kernel, compiled on first use for all ops of this device.</summary>
    internal Action<KernelConfig, TArgs> Load<TArgs>(Action<TArgs> kernel) where TArgs : struct
    {
        if (!launchers.TryGetValue(kernel.Method, out Delegate? compiled))
        {
            Action<AcceleratorStream, KernelConfig, TArgs> launch = Accelerator.LoadKernel(kernel);
            launchers.Add(kernel.Method, compiled = (Action<KernelConfig, TArgs>)((config, args) => Launch(launch, config, args)));
        }
        return (Action<KernelConfig, TArgs>)compiled;
    }

    private void Launch<TArgs>(Action<AcceleratorStream, KernelConfig, TArgs> launch, KernelConfig config, in TArgs args) where TArgs : struct
    {
        if (Recording is { } list)
            Add(list, launch, config, args);
        else
            launch(Stream, config, args);
    }

    private void Add<TArgs>(List<Action> list, Action<AcceleratorStream, KernelConfig, TArgs> launch, KernelConfig config, TArgs args) where TArgs : struct =>
        list.Add(() => launch(Stream, config, args));

    /// <summary>CUDA's default stream waits for all others and cannot be recorded.</summary>
    private AcceleratorStream NewStream() =>
        Accelerator is CudaAccelerator cuda ? cuda.CreateStream(StreamFlags.CU_STREAM_NON_BLOCKING) : Accelerator.DefaultStream;

    /// <summary>The tiled kernels may be asked for anywhere, to be tested: their tensor cores have a scalar stand-in.</summary>
    private void CheckPrecision()
    {
        if (!Precision.OnTensorCores())
            return;
        if (Kernels == KernelChoice.Portable)
            throw new DeviceException($"precision {Precision.Name()} and --kernels portable exclude each other: the portable kernels compute in fp32 only");
        if (Accelerator is CudaAccelerator cuda ? cuda.Architecture < CudaArchitecture.SM_80 : Kernels != KernelChoice.Tiled)
            throw new DeviceException($"precision {Precision.Name()} needs an NVIDIA GPU of compute capability 8.0 or newer, and {Kind.ToString().ToLowerInvariant()} ({Name}) is not one: leave --precision out, or name another --device (`gpu-ctr devices` lists them)");
    }

    private BatchCopies CopiesBeside(CudaDriver driver)
    {
        CudaStream copies = (CudaStream)NewStream();
        return new BatchCopies(driver, copies, copies.StreamPtr, ((CudaStream)Stream).StreamPtr);
    }

    private IBlas? OpenBlas()
    {
        if (Kernels is not (KernelChoice.Auto or KernelChoice.Library))
            return null;
        if (Kind != DeviceKind.Cuda)
            return Kernels == KernelChoice.Library ? new ScalarBlas(this) : null;
        CuBlas? found = CuBlas.TryOpen(Accelerator, (CudaStream)Stream, Precision);
        return found is null && Kernels == KernelChoice.Library ? throw new DeviceException($"cuBLAS was not found: none of {CuBlas.Names} can be loaded; set GPU_CTR_CUBLAS to its path") : found;
    }

    /// <summary>Waits until everything started on this device has finished.</summary>
    /// <exception cref="DeviceException">The device failed.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Synchronize()
    {
        using Lifetime.Lease lease = lifetime.Enter();
        Wait();
    }

    /// <summary>The same for whoever has entered.</summary>
    internal void Wait()
    {
        try
        {
            Stream.Synchronize();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new DeviceException($"device {Name} failed: {DriverText.Reason(e)}", e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind switch { DeviceKind.Cpu => "cpu", DeviceKind.OpenCl => "opencl", _ => "cuda" }} ({Name}{(Precision.OnTensorCores() ? $", {Precision.Name()}" : "")})";

    /// <summary>Waits for the call that has the device, and takes no other. What lies on it stays until it is disposed itself.</summary>
    public void Dispose()
    {
        lock (Turn)
        {
            lifetime.Close();
            Team?.Dispose();
        }
    }

    private void Free()
    {
        Copies?.Dispose();
        Blas?.Dispose();
        Accelerator.Dispose();
        context.Dispose();
    }
}

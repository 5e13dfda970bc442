using GpuCtr.Kernels.Blas;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Simd;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using CuBlas = GpuCtr.Kernels.Blas.CuBlas;

namespace GpuCtr.Kernels.Devices;

/// <summary>One accelerator with its stream, the launch shape of its kernels and, on the CPU, the worker team of the SIMD variants.</summary>
/// <remarks>
/// Stream and workers run one call at a time: models on one device take turns. After disposal, the device refuses calls; it is freed
/// together with the last model on it.
/// </remarks>
public sealed partial class Device : IDisposable
{
    // ILGPU's part. The CPU device makes it at the first launch of a kernel that has no SIMD variant: that takes a tenth of a second, and generates code,
    // which a program compiled ahead of time cannot do.
    private readonly Lazy<Accelerator> accelerator;
    private AcceleratorStream? stream;
    private readonly CudaDriver? driver;
    private readonly Lifetime lifetime;

    // Taken when the device is opened: a later limit of the managed heap does not apply to native memory.
    private readonly long hostLimit = HostMemory.LimitBytes;

    internal Device(Func<Accelerator> open, DeviceKind kind, string name, KernelChoice kernels, Precision precision, int threads)
    {
        accelerator = new Lazy<Accelerator>(open);
        lifetime = new Lifetime(nameof(Device), Free);
        Kind = kind;
        Name = name;
        Kernels = kernels;
        Precision = precision;
        CheckPrecision();
        driver = kind == DeviceKind.Cuda ? CudaDriver.Open(accelerator.Value.Bind) : null;
        Team = UsesSimd ? new WorkerTeam(threads) : null;
        Blas = OpenBlas();
        Copies = UsesSimd ? null : driver is { LacksEvents: null } ? CopiesBeside(driver) : new BatchCopies(Stream);
        if (driver is not null && kernels != KernelChoice.Portable)
            (Recorder, RecorderRefusal) = CudaGraphs.Open(driver, ((CudaStream)Stream).StreamPtr);
    }

    /// <summary>Opens the device named by <paramref name="spec"/>: auto, cpu, cuda, cuda:N, opencl or opencl:N.</summary>
    /// <param name="spec">auto = CUDA, else an OpenCL GPU, else the CPU.</param>
    /// <param name="kernels">Which op variants to use.</param>
    /// <param name="threads">Worker threads of the CPU device; 0 = one per core.</param>
    /// <param name="precision">The precision to which factors of matrix products are rounded.</param>
    /// <exception cref="DeviceException">The device was not found (the message lists those that were), or does not support the precision.</exception>
    public static Device Open(string spec = "auto", KernelChoice kernels = KernelChoice.Auto, int threads = 0, Precision precision = Precision.Fp32) =>
        DeviceCatalog.Open(spec, kernels, threads, precision);

    /// <summary>Makes this the device of one of several ranks, before anything is made on it: models on it are then shared by the devices of all ranks.</summary>
    /// <param name="ranks">The ranks, which outlive the device.</param>
    public Device Of(Communicator ranks)
    {
        Ranks = ranks;
        return this;
    }

    /// <summary>The ranks whose devices train together; one unless <see cref="Of"/> was called.</summary>
    public Communicator Ranks { get; private set; } = new SingleRank();

    /// <summary>The kind of accelerator.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Name as the driver gives it.</summary>
    public string Name { get; }

    /// <summary>Which op variants are in use.</summary>
    public KernelChoice Kernels { get; }

    /// <summary>Precision to which the factors of matrix products are rounded.</summary>
    public Precision Precision { get; }

    /// <summary>Whether ops run their SIMD variants.</summary>
    public bool UsesSimd => Kind == DeviceKind.Cpu && Kernels == KernelChoice.Auto;

    /// <summary>Whether ops run their tiled variants: on GPUs, or by request.</summary>
    public bool UsesTiles => Kernels is KernelChoice.Tiled or KernelChoice.Library
        || Kernels == KernelChoice.Auto && (Kind == DeviceKind.Cuda || Kind == DeviceKind.OpenCl && ((CLAccelerator)accelerator.Value).DeviceType.IsGpu());

    /// <summary>Whether lookups are sorted on the device (<see cref="Embedding.LookupSort"/>); false: the loader sorts them.</summary>
    public bool SortsLookups => UsesTiles;

    /// <summary>ILGPU's accelerator, made current on the calling thread: ILGPU itself does that in most calls, but not when it locks pages or creates streams.</summary>
    public Accelerator Accelerator
    {
        get
        {
            accelerator.Value.Bind();
            return accelerator.Value;
        }
    }

    /// <summary>The stream on which all kernels and copies of this device run.</summary>
    public AcceleratorStream Stream => stream ??= NewStream();

    /// <summary>Worker threads of the SIMD variants; 1 without SIMD variants.</summary>
    public int Threads => Team?.Threads ?? 1;

    /// <summary>The threads of the SIMD variants.</summary>
    internal WorkerTeam? Team { get; }

    /// <summary>The library for plain matrix products; null if there is none.</summary>
    internal IBlas? Blas { get; }

    /// <summary>A note for the user about how the device was opened: which library multiplies matrices, or why none does; why <c>auto</c> did not take an NVIDIA GPU. Null if there is none.</summary>
    public string? Note { get; private set; }

    /// <summary>Copies batches to the device; null with the SIMD variants, where the slot is copied synchronously.</summary>
    internal BatchCopies? Copies { get; }

    /// <summary>Lock of the call that uses the stream and the workers.</summary>
    internal Lock Turn { get; } = new();

    /// <summary>Whether several threads may call at once, each with its own model: if there are no shared workers and no stream.</summary>
    internal bool ServesThreads => UsesSimd && Threads == 1;

    /// <summary>Whether the device refuses calls.</summary>
    internal bool IsDisposed => lifetime.IsClosed;

    /// <summary>Entered by everything allocated on the device.</summary>
    internal Lifetime Lifetime => lifetime;

    /// <summary>Device memory in bytes.</summary>
    public long MemoryBytes => Kind == DeviceKind.Cpu ? hostLimit : accelerator.Value.MemorySize;

    /// <summary>Bytes that can still be allocated: of the GPU if its driver reports them, of the machine or container for the CPU.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public long AvailableBytes
    {
        get
        {
            using Lifetime.Lease lease = lifetime.Enter();
            return Kind switch
            {
                DeviceKind.Cuda => ((CudaAccelerator)Accelerator).GetFreeMemory(),
                DeviceKind.Cpu => HostMemory.AvailableBytes(hostLimit),
                _ => MemoryBytes,
            };
        }
    }

    /// <summary>Chooses the variant of an op once, when the op is built. Only the chosen variant is built, so the others reserve nothing.</summary>
    /// <param name="portable">Runs on every device, and defines what is correct.</param>
    /// <param name="simd">For the worker team of the CPU device.</param>
    /// <param name="gpu">With tiles in shared memory, four floats per thread, or products of a library; null = the portable one.</param>
    internal T Select<T>(Func<T> portable, Func<T> simd, Func<T>? gpu = null) => UsesSimd ? simd() : UsesTiles && gpu is not null ? gpu() : portable();

    /// <summary>CUDA's default stream waits for all others and cannot be recorded.</summary>
    private AcceleratorStream NewStream() =>
        Accelerator is CudaAccelerator cuda ? cuda.CreateStream(StreamFlags.CU_STREAM_NON_BLOCKING) : Accelerator.DefaultStream;

    /// <summary>Tiled kernels can be requested on any device, for tests: tensor cores have a scalar stand-in.</summary>
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

    /// <summary>Adds to <see cref="Note"/>.</summary>
    internal Device Noting(string? more)
    {
        Note = more is null ? Note : Note is null ? more : $"{Note}; {more}";
        return this;
    }

    private IBlas? OpenBlas()
    {
        if (Kernels is not (KernelChoice.Auto or KernelChoice.Library))
            return null;
        if (Kind != DeviceKind.Cuda)
            return Kernels == KernelChoice.Library ? new ScalarBlas(this) : null;
        (CuBlas? library, string note) = CuBlas.Open(accelerator.Value, (CudaStream)Stream, Precision);
        if (library is null && Kernels == KernelChoice.Library)
            throw new DeviceException(note);
        Note = library is null ? $"matrix products by our own tiles: {note}" : note;
        return library;
    }

    /// <summary>Waits until everything started on this device has finished.</summary>
    /// <exception cref="DeviceException">The device failed.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Synchronize()
    {
        using Lifetime.Lease lease = lifetime.Enter();
        Wait();
    }

    /// <summary>The same for a caller that has already entered.</summary>
    internal void Wait()
    {
        // Nothing but workers ran, and they have finished.
        if (!accelerator.IsValueCreated)
            return;
        try
        {
            Stream.Synchronize();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new DeviceException($"device {Name} failed: {DriverText.Reason(e)}", e);
        }
    }

    /// <summary>Waits for the device, and returns why it no longer works; null if it does. After some faults, such as an access out of bounds, a driver refuses every further call.</summary>
    internal string? FindFailure()
    {
        try
        {
            Wait();
            return null;
        }
        catch (DeviceException e)
        {
            return e.Message;
        }
    }

    /// <summary>Frees something on this device. A device that has failed refuses this as well, and then its failure is what matters.</summary>
    internal void Release(Action free)
    {
        try
        {
            free();
        }
        catch (Exception e) when (e is AcceleratorException or DeviceException && FindFailure() is not null)
        {
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind switch { DeviceKind.Cpu => "cpu", DeviceKind.OpenCl => "opencl", _ => "cuda" }} ({Name}{(Precision.OnTensorCores() ? $", {Precision.Name()}" : "")}{(Ranks.Size > 1 ? $", {Ranks}" : "")})";

    /// <summary>Waits for the running call and refuses further ones. Everything allocated on the device stays until it is disposed itself.</summary>
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
        Release(() => Copies?.Dispose());
        Release(() => Blas?.Dispose());
        if (!accelerator.IsValueCreated)
            return;
        Release(accelerator.Value.Dispose);
        accelerator.Value.Context.Dispose();
    }
}

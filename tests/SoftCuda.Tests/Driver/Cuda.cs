using System.Runtime.InteropServices;
using System.Text;

namespace GpuCtr.SoftCuda.Tests.Driver;

/// <summary>Functions of libcuda as the loader finds them, with a fresh machine behind them and, unless told otherwise, a context.</summary>
/// <remarks>Tests that use it run one after the other: a machine is that of the process.</remarks>
internal sealed unsafe class Cuda : IDisposable
{
    /// <summary>The tests that use the machine of the process.</summary>
    public const string Collection = "machine";

    private static readonly nint library = NativeLibrary.Load("libcuda.so.1");
    private readonly Machine machine;
    private readonly nint context;

    /// <summary>A fresh machine.</summary>
    public Cuda(int seed = 1, bool withContext = true, string capability = "9.0")
    {
        machine = Machine.Install(new(Capability.Of(capability), seed));
        Ok(Call("cuInit", 0));
        if (withContext)
            context = Out("cuCtxCreate_v2", 0, 0);
    }

    /// <summary>The machine.</summary>
    public Machine Machine => machine;

    /// <summary>The context that was made first.</summary>
    public nint Context => context;

    /// <summary>Findings so far.</summary>
    public IReadOnlyList<Finding> Findings => machine.Findings.All;

    /// <summary>Calls a function whose arguments are numbers and addresses.</summary>
    public static CudaResult Call(string name, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0) =>
        ((delegate* unmanaged<nint, nint, nint, nint, nint, CudaResult>)NativeLibrary.GetExport(library, name))(a, b, c, d, e);

    /// <summary>Calls a function that writes its result to the address it is given first.</summary>
    public static nint Out(string name, nint b = 0, nint c = 0, nint d = 0)
    {
        nint made = 0;
        Ok(Call(name, (nint)(&made), b, c, d));
        return made;
    }

    /// <summary>Fails unless a call succeeded.</summary>
    public static void Ok(CudaResult result) => Assert.Equal(CudaResult.Success, result);

    /// <summary>A buffer of the device.</summary>
    public static nint Allocate(long bytes) => Out("cuMemAlloc_v2", (nint)bytes);

    /// <summary>A stream that does not wait for the default stream, or one that does.</summary>
    public static nint NewStream(bool isBlocking = false) => Out("cuStreamCreate", isBlocking ? 0 : 1);

    /// <summary>Copies anywhere from anywhere.</summary>
    public static CudaResult Copy(nint target, nint source, long bytes, nint stream = 0) => Call("cuMemcpyAsync", target, source, (nint)bytes, stream);

    /// <summary>Sets bytes of the device.</summary>
    public static CudaResult Fill(nint target, byte value, long bytes, nint stream = 0) => Call("cuMemsetD8Async", target, value, (nint)bytes, stream);

    /// <summary>Waits for a stream.</summary>
    public static CudaResult Synchronize(nint stream = 0) => Call("cuStreamSynchronize", stream);

    /// <summary>The content of a device buffer after all work on a stream.</summary>
    public static byte[] Read(nint source, int bytes, nint stream = 0)
    {
        byte[] read = new byte[bytes];
        fixed (byte* target = read)
            Ok(Copy((nint)target, source, bytes, stream));
        return read;
    }

    /// <summary>The kernel of a module of PTX.</summary>
    public static nint Kernel(string text, string name)
    {
        byte[] ptx = [.. Encoding.ASCII.GetBytes(text), 0], called = [.. Encoding.ASCII.GetBytes(name), 0];
        fixed (byte* module = ptx, function = called)
            return Out("cuModuleGetFunction", Out("cuModuleLoadData", (nint)module), (nint)function);
    }

    /// <summary>Launches a kernel with one argument of eight bytes, given by its address.</summary>
    public static CudaResult Launch(nint kernel, nint argument, int grid = 1, int block = 32, nint stream = 0, int sharedBytes = 0)
    {
        void* address = &argument;
        return ((delegate* unmanaged<nint, int, int, int, int, int, int, int, nint, void**, void**, CudaResult>)NativeLibrary.GetExport(library, "cuLaunchKernel"))(
            kernel, grid, 1, 1, block, 1, 1, sharedBytes, stream, &address, null);
    }

    /// <summary>Launches a warp of a kernel whose arguments lie in one buffer.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="argument">What is in the buffer.</param>
    /// <param name="bytes">How many bytes of it are given.</param>
    public static CudaResult LaunchPacked(nint kernel, nint argument, nint bytes)
    {
        nint* options = stackalloc nint[] { 1, (nint)(&argument), 2, (nint)(&bytes), 0 };
        return ((delegate* unmanaged<nint, int, int, int, int, int, int, int, nint, void**, void**, CudaResult>)NativeLibrary.GetExport(library, "cuLaunchKernel"))(
            kernel, 1, 1, 1, 32, 1, 1, 0, 0, null, (void**)options);
    }

    /// <summary>Fails unless a call is refused with a code and a finding that says why.</summary>
    public void Refused(CudaResult code, string why, CudaResult result)
    {
        Assert.Equal(code, result);
        Finding found = Assert.Single(Findings);
        Assert.Contains(why, found.What, StringComparison.Ordinal);
        Assert.EndsWith($"({(int)code})", found.What, StringComparison.Ordinal);
    }

    /// <summary>Fails if anything was found.</summary>
    public void Clean() => Assert.Empty(Findings);

    /// <inheritdoc/>
    public void Dispose() => Call("cuCtxSetCurrent", 0);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using GpuCtr.SoftCuda.Execution;
using GpuCtr.SoftCuda.Ptx;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>The parsed module of a PTX text, cached per process, because many contexts load the same kernels.</summary>
/// <param name="Ptx">Its kernels.</param>
/// <param name="Unwritten">Registers that are read although some path leaves them unwritten.</param>
internal sealed record AssembledModule(PtxModule Ptx, IReadOnlyList<Finding> Unwritten)
{
    private static readonly ConcurrentDictionary<string, AssembledModule> known = [];

    /// <summary>Reads a text.</summary>
    /// <exception cref="PtxException">It is not PTX, or uses instructions that this machine does not execute.</exception>
    public static AssembledModule Of(string text) => known.GetOrAdd(text, static text =>
    {
        PtxModule read = PtxModule.Parse(text);
        return new(read, [.. read.Kernels.SelectMany(static kernel => UnwrittenReads.Of(kernel).Select(line => new Finding(Check.Uninitialized, kernel.Name, line)))]);
    });
}

/// <summary>A loaded module.</summary>
/// <param name="Ptx">What it holds.</param>
internal sealed record CudaModule(PtxModule Ptx)
{
    /// <summary>Whether it was unloaded: its functions must not be launched any more.</summary>
    public bool IsUnloaded { get; set; }
}

/// <summary>A kernel of a module.</summary>
/// <param name="Module">The module.</param>
/// <param name="Kernel">The kernel.</param>
internal sealed record CudaFunction(CudaModule Module, PtxKernel Kernel);

/// <summary>Modules, functions and launches.</summary>
internal sealed unsafe partial class CudaProcess
{
    // Newest instruction set of the driver: ISA 8.7 came with CUDA 12.8, 9.0 with 13.0.
    private double NewestPtx => DriverVersion >= 13000 ? 9.0 : 8.7;

    /// <summary>Assembles a module; errors are also written to the log.</summary>
    public nint LoadModule(string text, JitLog log)
    {
        RefuseUnsafe("a module is loaded");
        try
        {
            AssembledModule assembled = AssembledModule.Of(text);
            PtxModule read = assembled.Ptx;
            if (double.Parse(read.Version, CultureInfo.InvariantCulture) > NewestPtx)
                throw new Refusal(CudaResult.UnsupportedPtxVersion, $"PTX {read.Version} is newer than the driver, which knows {NewestPtx:0.0}");
            if (int.Parse(read.Target.AsSpan(3), CultureInfo.InvariantCulture) > settings.Capability.Major * 10 + settings.Capability.Minor)
                throw new Refusal(CudaResult.InvalidPtx, $"target {read.Target} is newer than a GPU of capability {settings.Capability}");
            if (engine.Checks)
                foreach (Finding unwritten in assembled.Unwritten)
                    engine.Findings.Add(unwritten);
            return handles.Add(new CudaModule(read));
        }
        catch (PtxException e)
        {
            log.Write($"ptxas application ptx input, line {e.Line}; error: {e.Message}");
            throw new Refusal(CudaResult.InvalidPtx, e.Message);
        }
        catch (Refusal e)
        {
            log.Write($"ptxas fatal: {e.Message}");
            throw;
        }
    }

    /// <summary>Unloads a module.</summary>
    public void UnloadModule(Context context, nint handle)
    {
        RefuseUnsafe("a module is unloaded");
        scheduler.Drain(context);
        handles.Remove<CudaModule>(handle).IsUnloaded = true;
    }

    /// <summary>A kernel of a module.</summary>
    public nint Function(nint module, string name)
    {
        CudaModule loaded = handles.Get<CudaModule>(module);
        PtxKernel kernel = loaded.Ptx.Find(name)
            ?? throw new Refusal(CudaResult.NotFound, $"the module has no kernel {name}: it has {string.Join(", ", loaded.Ptx.Kernels.Select(k => k.Name))}");
        return handles.Add(new CudaFunction(loaded, kernel));
    }

    /// <summary>Launches a kernel. Its arguments are copied now.</summary>
    public void Launch(Context context, nint handle, Size3 grid, Size3 block, int sharedBytes, nint streamHandle, void** parameters, void** extra)
    {
        CudaFunction function = handles.Get<CudaFunction>(handle);
        if (function.Module.IsUnloaded)
            throw new Refusal(CudaResult.InvalidHandle, $"the module of {function.Kernel.Name} was unloaded", Check.Stale);
        CheckShape(function.Kernel, grid, block, sharedBytes);
        byte[] arguments = extra != null ? Buffer(function.Kernel, extra) : Arguments(function.Kernel, parameters);
        scheduler.Add(StreamOf(context, streamHandle), new KernelWork(function, new(grid, block, sharedBytes, arguments)));
    }

    private static void CheckShape(PtxKernel kernel, Size3 grid, Size3 block, int sharedBytes)
    {
        if (grid is not { X: > 0, Y: > 0 and <= 65535, Z: > 0 and <= 65535 })
            throw new Refusal(CudaResult.InvalidValue, $"{kernel.Name} is launched with a grid of {grid}");
        if (block is not { X: > 0, Y: > 0, Z: > 0 and <= 64 } || block.Count > (kernel.MaxThreads ?? Capability.BlockThreads))
            throw new Refusal(CudaResult.InvalidValue, $"{kernel.Name} is launched with blocks of {block}, and may have {kernel.MaxThreads ?? Capability.BlockThreads} threads");
        if (sharedBytes < 0 || kernel.SharedBytes + sharedBytes > Capability.BlockSharedBytes)
            throw new Refusal(CudaResult.InvalidValue, $"{kernel.Name} is launched with {kernel.SharedBytes} + {sharedBytes} bytes of shared memory, and may have {Capability.BlockSharedBytes}");
    }

    /// <summary>All arguments in one buffer: <c>CU_LAUNCH_PARAM_BUFFER_POINTER</c> (1), its address, <c>CU_LAUNCH_PARAM_BUFFER_SIZE</c> (2), address of its size, 0.</summary>
    private static byte[] Buffer(PtxKernel kernel, void** extra)
    {
        byte* buffer = null;
        long bytes = 0;
        for (; *extra != null; extra += 2)
            switch ((nint)extra[0])
            {
                case 1:
                    buffer = (byte*)extra[1];
                    break;
                case 2:
                    bytes = *(long*)extra[1];
                    break;
                default:
                    throw new Refusal(CudaResult.InvalidValue, $"{(nint)extra[0]} is no option of a launch");
            }
        if (bytes < kernel.ParameterBytes)
            throw new Refusal(CudaResult.InvalidValue, $"{kernel.Name} has {kernel.ParameterBytes} bytes of parameters, and {bytes} are given");
        return new Span<byte>(buffer, kernel.ParameterBytes).ToArray();
    }

    /// <summary>An address for every argument.</summary>
    private static byte[] Arguments(PtxKernel kernel, void** addresses)
    {
        byte[] all = new byte[kernel.ParameterBytes];
        for (int i = 0; i < kernel.Parameters.Count; i++)
        {
            if (addresses == null || addresses[i] == null)
                throw new Refusal(CudaResult.InvalidValue, $"argument {i} of {kernel.Name} is not given");
            new Span<byte>(addresses[i], kernel.Parameters[i].Bytes).CopyTo(all.AsSpan(kernel.Parameters[i].Offset));
        }
        return all;
    }
}

/// <summary>The caller's buffer for errors of the assembler (<c>CU_JIT_ERROR_LOG_BUFFER</c>).</summary>
/// <param name="Address">The buffer; 0 if there is none.</param>
/// <param name="Bytes">Its size.</param>
internal readonly unsafe record struct JitLog(nint Address, int Bytes)
{
    private const int ErrorLog = 5, ErrorLogBytes = 6;

    /// <summary>Finds the buffer among the options; the size option holds a number in place of an address.</summary>
    public static JitLog Of(int count, int* options, nint* values)
    {
        JitLog found = default;
        for (int i = 0; i < count; i++)
            found = options[i] switch
            {
                ErrorLog => found with { Address = values[i] },
                ErrorLogBytes => found with { Bytes = (int)values[i] },
                _ => found,
            };
        return found;
    }

    /// <summary>Writes a zero-terminated text, truncated to the size of the buffer.</summary>
    public void Write(string text)
    {
        if (Address == 0 || Bytes <= 0)
            return;
        byte[] line = [.. Encoding.ASCII.GetBytes(text).Take(Bytes - 1), 0];
        Marshal.Copy(line, 0, Address, line.Length);
    }
}

/// <summary>A launch of a kernel, with its arguments by value.</summary>
internal sealed record KernelWork(CudaFunction Function, KernelLaunch Launch) : IWork
{
    /// <inheritdoc/>
    public string Name => $"kernel {Function.Kernel.Name}";

    /// <inheritdoc/>
    public string? Lacks => Function.Module.IsUnloaded ? "its module was unloaded" : null;

    /// <summary>Every argument that could be an address.</summary>
    public IEnumerable<ulong> Addresses => MemoryMarshal.Cast<byte, ulong>(Launch.Parameters.AsSpan(0, Launch.Parameters.Length / 8 * 8)).ToArray();

    /// <inheritdoc/>
    public CudaResult Run(Engine engine, bool inGraph) => engine.Launch(Function.Kernel, Launch, inGraph);
}

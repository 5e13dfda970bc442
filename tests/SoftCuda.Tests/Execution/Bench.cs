using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Execution;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Runs kernels that are written in a test: a body, with buffers as its parameters b0, b1 and so on.</summary>
internal sealed unsafe class Bench : IDisposable
{
    private readonly DeviceMemory memory = new(1 << 24);
    private readonly List<Allocation> buffers = [];
    private readonly Executor executor;

    public Bench(bool checks = true, bool contracts = true) => executor = new(memory, Findings, Capability.Of("8.0"), checks, contracts);

    public Findings Findings { get; } = new();

    public LaunchCounts Counts => executor.Counts;

    public IReadOnlyList<Touch> Touched => executor.Touched;

    /// <summary>A kernel whose registers are p0-7, r0-31, d0-15 and f0-31, and whose r31 is the thread of the block, in line 16. d0 to d3 are the buffers.</summary>
    public static PtxKernel Kernel(string body, string declarations = "", string header = "") => PtxModule.Parse(Text(body, declarations, header)).Kernels[0];

    /// <summary>The text of such a kernel.</summary>
    public static string Text(string body, string declarations = "", string header = "") => $$"""
        .version 7.8
        .target sm_80
        .address_size 64
        {{header}}
        .visible .entry test(.param .u64 b0, .param .u64 b1, .param .u64 b2, .param .u64 b3)
        {
        {{declarations}}
        .reg .pred p<8>;
        .reg .b32 r<32>;
        .reg .b64 d<16>;
        .reg .f32 f<32>;
        ld.param.u64 d0, [b0];
        ld.param.u64 d1, [b1];
        ld.param.u64 d2, [b2];
        ld.param.u64 d3, [b3];
        mov.u32 r31, %tid.x;
        {{body}}
        }
        """.ReplaceLineEndings("\n");

    /// <summary>A buffer with content.</summary>
    public Allocation Buffer<T>(params T[] content)
        where T : unmanaged
    {
        Allocation made = Empty(content.Length * sizeof(T));
        MemoryMarshal.AsBytes<T>(content).CopyTo(new Span<byte>(made.Data, (int)made.Bytes));
        made.MarkWritten(0, made.Bytes);
        return made;
    }

    /// <summary>A buffer that nobody wrote.</summary>
    public Allocation Empty(int bytes)
    {
        Allocation made = memory.Allocate(bytes)!;
        buffers.Add(made);
        return made;
    }

    public void Free(Allocation buffer) => memory.Free(buffer.Address);

    /// <summary>What a buffer holds.</summary>
    public static T[] Read<T>(Allocation buffer)
        where T : unmanaged =>
        new Span<T>(buffer.Data, (int)buffer.Bytes / sizeof(T)).ToArray();

    /// <summary>Launches a kernel with the buffers in the order in which they were made.</summary>
    public CudaResult Run(PtxKernel kernel, int blocks = 1, int threads = 32, int dynamicShared = 0) =>
        RunGrid(kernel, new(blocks, 1, 1), new(threads, 1, 1), dynamicShared);

    public CudaResult RunGrid(PtxKernel kernel, Size3 grid, Size3 block, int dynamicShared = 0)
    {
        ulong[] parameters = new ulong[4];
        for (int i = 0; i < Math.Min(4, buffers.Count); i++)
            parameters[i] = buffers[i].Address;
        return executor.Run(kernel, new(grid, block, dynamicShared, MemoryMarshal.AsBytes<ulong>(parameters).ToArray()));
    }

    public void Dispose()
    {
        foreach (Allocation buffer in buffers)
            buffer.Dispose();
    }
}

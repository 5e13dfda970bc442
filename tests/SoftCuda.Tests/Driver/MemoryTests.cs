using System.Runtime.InteropServices;

namespace GpuCtr.SoftCuda.Tests.Driver;

/// <summary>Memory: buffers, copies in all directions, page-locked memory of the host.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed unsafe class MemoryTests : IDisposable
{
    private readonly byte* host = (byte*)NativeMemory.AllocZeroed(4096);

    public void Dispose() => NativeMemory.Free(host);

    [Fact]
    public void Copies_go_in_all_directions()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(100), b = Cuda.Allocate(100);
        for (int i = 0; i < 100; i++)
            host[i] = (byte)i;
        Cuda.Ok(Cuda.Copy(a, (nint)host, 100));
        Cuda.Ok(Cuda.Copy(b + 10, a, 50));
        Cuda.Ok(Cuda.Fill(b + 20, 7, 10));
        Cuda.Ok(Cuda.Copy((nint)host + 200, b + 10, 50));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (byte)(i is >= 10 and < 20 ? 7 : i)), new Span<byte>(host + 200, 50).ToArray());
        cuda.Clean();
    }

    [Fact]
    public void Fresh_memory_is_poisoned_and_a_copy_of_it_to_the_host_is_a_finding()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(7), b = Cuda.Allocate(7);
        Cuda.Ok(Cuda.Fill(a, 1, 3));
        Cuda.Ok(Cuda.Copy(b, a, 7));
        Assert.Equal([1, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF], Cuda.Read(b, 7));
        Finding found = Assert.Single(cuda.Findings);
        Assert.Equal((Check.Uninitialized, "copy of 7 bytes to the host", "byte 3 of buffer 2 (7 bytes) was never written"), (found.Check, found.Where, found.What));
    }

    [Theory]
    [InlineData(90, 11, "end behind it")]
    [InlineData(-8, 8, "lie in no buffer")]
    [InlineData(200, 1, "lie in no buffer")]
    public void Copy_outside_of_a_buffer_is_refused(int offset, int bytes, string why)
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(100);
        Cuda.Ok(Cuda.Copy(a + 90, (nint)host, 10));
        cuda.Clean();
        cuda.Refused(CudaResult.InvalidValue, why, Cuda.Copy(a + offset, (nint)host, bytes));
        Assert.Equal(Check.Bounds, cuda.Findings[0].Check);
    }

    [Fact]
    public void Freed_memory_is_refused()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(100);
        Cuda.Ok(Cuda.Call("cuMemFree_v2", a));
        cuda.Clean();
        cuda.Refused(CudaResult.InvalidValue, "buffer 1 (100 bytes, freed)", Cuda.Call("cuMemFree_v2", a));
        Assert.Equal(Check.Stale, cuda.Findings[0].Check);
        Assert.Equal(CudaResult.InvalidValue, Cuda.Copy((nint)host, a, 1));
        Assert.Equal(2, cuda.Findings.Count);
    }

    [Fact]
    public void Memory_is_freed_after_everything_that_uses_it()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(100), b = Cuda.Allocate(100), stream = Cuda.NewStream();
        Cuda.Ok(Cuda.Fill(a, 7, 100, stream));
        Cuda.Ok(Cuda.Copy(b, a, 100, stream));
        Cuda.Ok(Cuda.Call("cuMemFree_v2", a));
        Assert.Equal(7, Cuda.Read(b, 1)[0]);
        cuda.Clean();
    }

    [Fact]
    public void Memory_that_runs_out_is_no_finding()
    {
        using Cuda cuda = new();
        nint free = Cuda.Out("cuMemGetInfo_v2", (nint)host);
        Assert.Equal(CudaResult.OutOfMemory, Cuda.Call("cuMemAlloc_v2", (nint)host, free + 1));
        cuda.Clean();
    }

    [Fact]
    public void Memory_that_is_page_locked_twice_is_refused_with_712_and_unlocked_twice_with_713()
    {
        using Cuda cuda = new();
        Cuda.Ok(Cuda.Call("cuMemHostRegister_v2", (nint)host, 1024, 1));
        Cuda.Ok(Cuda.Call("cuMemHostRegister_v2", (nint)host + 1024, 1024, 1));
        Assert.Equal((nint)host + 100, Cuda.Out("cuMemHostGetDevicePointer_v2", (nint)host + 100));
        cuda.Clean();
        cuda.Refused(CudaResult.HostMemoryAlreadyRegistered, "are page-locked already", Cuda.Call("cuMemHostRegister_v2", (nint)host + 1000, 10, 1));
        Cuda.Ok(Cuda.Call("cuMemHostUnregister", (nint)host));
        Assert.Equal(CudaResult.HostMemoryNotRegistered, Cuda.Call("cuMemHostUnregister", (nint)host));
        Assert.Equal(2, cuda.Findings.Count);
    }

    [Fact]
    public void Copy_from_page_locked_memory_reads_it_late_and_one_from_other_memory_at_once()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(2), stream = Cuda.NewStream();
        Cuda.Ok(Cuda.Call("cuMemHostRegister_v2", (nint)host, 1, 1));
        (host[0], host[1]) = (1, 1);
        Cuda.Ok(Cuda.Copy(a, (nint)host, 1, stream));
        Cuda.Ok(Cuda.Copy(a + 1, (nint)host + 1, 1, stream));
        (host[0], host[1]) = (2, 2);
        Assert.Equal([2, 1], Cuda.Read(a, 2, stream));
        cuda.Clean();
    }

    [Fact]
    public void Copy_to_page_locked_memory_is_done_when_the_stream_is_waited_for()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(1), stream = Cuda.NewStream(), locked = Cuda.Out("cuMemAllocHost_v2", 16);
        *(byte*)locked = 9;
        Cuda.Ok(Cuda.Fill(a, 3, 1, stream));
        Cuda.Ok(Cuda.Copy(locked, a, 1, stream));
        Assert.Equal(9, *(byte*)locked);
        Cuda.Ok(Cuda.Synchronize(stream));
        Assert.Equal(3, *(byte*)locked);
        Cuda.Ok(Cuda.Call("cuMemFreeHost", locked));
        cuda.Clean();
    }

    [Fact]
    public void Memory_that_is_unlocked_under_a_copy_is_refused()
    {
        using Cuda cuda = new();
        nint a = Cuda.Allocate(1), stream = Cuda.NewStream();
        Cuda.Ok(Cuda.Call("cuMemHostRegister_v2", (nint)host, 1, 1));
        Cuda.Ok(Cuda.Copy(a, (nint)host, 1, stream));
        cuda.Refused(CudaResult.InvalidValue, "copy of 1 bytes to the device on stream 1 has not run", Cuda.Call("cuMemHostUnregister", (nint)host));
    }
}

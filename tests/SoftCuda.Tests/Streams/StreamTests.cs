using GpuCtr.SoftCuda.Tests.Driver;

namespace GpuCtr.SoftCuda.Tests.Streams;

/// <summary>Order of work on streams: unordered work runs in any order, and races are found.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed class StreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Event_wait_that_is_left_out_is_a_race_with_every_seed(int seed)
    {
        using Cuda cuda = new(seed);
        (nint a, nint b) = Filled();
        (nint writer, nint reader) = (Cuda.NewStream(), Cuda.NewStream());
        Cuda.Ok(Cuda.Fill(a, 1, 100, writer));
        Cuda.Ok(Cuda.Copy(b, a, 100, reader));
        Cuda.Ok(Cuda.Synchronize(reader));
        Cuda.Ok(Cuda.Synchronize(writer));
        Finding found = Assert.Single(cuda.Findings);
        Assert.Equal(Check.Race, found.Check);
        Assert.Contains("memset of 100 bytes", found.ToString(), StringComparison.Ordinal);
        Assert.Contains("copy of 100 bytes on the device", found.ToString(), StringComparison.Ordinal);
        Assert.Contains("buffer 1 (100 bytes), offset 0", found.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Event_wait_orders_two_streams_with_every_seed(int seed)
    {
        using Cuda cuda = new(seed);
        (nint a, nint b) = Filled();
        (nint writer, nint reader, nint happening) = (Cuda.NewStream(), Cuda.NewStream(), Cuda.Out("cuEventCreate", 2));
        for (byte value = 1; value < 20; value++)
        {
            Cuda.Ok(Cuda.Fill(a, value, 100, writer));
            Cuda.Ok(Cuda.Call("cuEventRecord", happening, writer));
            Cuda.Ok(Cuda.Call("cuStreamWaitEvent", reader, happening));
            Cuda.Ok(Cuda.Copy(b, a, 100, reader));
            Cuda.Ok(Cuda.Call("cuEventRecord", happening, reader));
            Cuda.Ok(Cuda.Call("cuStreamWaitEvent", writer, happening));
            if (value % 5 == 0)
                Assert.Equal(Enumerable.Repeat(value, 100), Cuda.Read(b, 100, reader));
        }
        cuda.Clean();
    }

    [Fact]
    public void Without_a_wait_the_seed_decides_what_is_read()
    {
        HashSet<byte> read = [];
        for (int seed = 0; seed < 20; seed++)
        {
            using Cuda cuda = new(seed);
            (nint a, nint b) = Filled();
            (nint writer, nint reader) = (Cuda.NewStream(), Cuda.NewStream());
            Cuda.Ok(Cuda.Fill(a, 1, 100, writer));
            Cuda.Ok(Cuda.Copy(b, a, 100, reader));
            read.Add(Cuda.Read(b, 1, reader)[0]);
        }
        Assert.Equal(2, read.Count);
    }

    [Fact]
    public void Waiting_on_the_host_orders_two_streams()
    {
        using Cuda cuda = new();
        (nint a, nint b) = Filled();
        (nint writer, nint reader) = (Cuda.NewStream(), Cuda.NewStream());
        Cuda.Ok(Cuda.Fill(a, 1, 100, writer));
        Cuda.Ok(Cuda.Synchronize(writer));
        Cuda.Ok(Cuda.Copy(b, a, 100, reader));
        Assert.Equal(1, Cuda.Read(b, 1, reader)[0]);
        cuda.Clean();
    }

    [Fact]
    public void Two_writes_without_an_order_are_a_race()
    {
        using Cuda cuda = new();
        (nint a, _) = Filled();
        Cuda.Ok(Cuda.Fill(a, 1, 100, Cuda.NewStream()));
        Cuda.Ok(Cuda.Fill(a + 40, 2, 20, Cuda.NewStream()));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        Finding found = Assert.Single(cuda.Findings);
        Assert.Equal(Check.Race, found.Check);
        Assert.Contains("buffer 1 (100 bytes), offset 40", found.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Event_that_the_host_has_waited_for_orders_two_streams()
    {
        using Cuda cuda = new();
        (nint a, _) = Filled();
        (nint writer, nint reader, nint happening) = (Cuda.NewStream(), Cuda.NewStream(), Cuda.Out("cuEventCreate", 2));
        Cuda.Ok(Cuda.Fill(a, 1, 100, writer));
        Cuda.Ok(Cuda.Call("cuEventRecord", happening, writer));
        Cuda.Ok(Cuda.Call("cuEventSynchronize", happening));
        Assert.Equal(1, Cuda.Read(a, 1, reader)[0]);
        cuda.Clean();
    }

    [Fact]
    public void Two_streams_may_use_two_halves_of_a_buffer_and_read_the_same()
    {
        using Cuda cuda = new();
        (nint a, nint b) = Filled();
        (nint one, nint two) = (Cuda.NewStream(), Cuda.NewStream());
        Cuda.Ok(Cuda.Copy(b, a, 50, one));
        Cuda.Ok(Cuda.Copy(b + 50, a, 50, two));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        cuda.Clean();
    }

    [Fact]
    public void Default_stream_and_blocking_streams_run_in_the_order_of_the_calls()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using Cuda cuda = new(seed);
            (nint a, nint b) = Filled();
            nint stream = Cuda.NewStream(isBlocking: true);
            Cuda.Ok(Cuda.Fill(a, 1, 100, stream));
            Cuda.Ok(Cuda.Copy(b, a, 100));
            Cuda.Ok(Cuda.Fill(a, 2, 100, stream));
            Assert.Equal(2, Cuda.Read(a, 1, stream)[0]);
            Assert.Equal(1, Cuda.Read(b, 1)[0]);
            cuda.Clean();
        }
    }

    [Fact]
    public void Default_stream_does_not_wait_for_other_streams()
    {
        using Cuda cuda = new();
        (nint a, nint b) = Filled();
        nint stream = Cuda.NewStream();
        Cuda.Ok(Cuda.Fill(a, 1, 100, stream));
        Cuda.Ok(Cuda.Copy(b, a, 100));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        Assert.Equal(Check.Race, Assert.Single(cuda.Findings).Check);
    }

    [Fact]
    public void Wait_is_for_the_event_as_it_was_recorded_then()
    {
        using Cuda cuda = new();
        (nint a, nint b) = Filled();
        (nint writer, nint reader, nint happening) = (Cuda.NewStream(), Cuda.NewStream(), Cuda.Out("cuEventCreate", 2));
        Cuda.Ok(Cuda.Call("cuStreamWaitEvent", reader, happening));
        Cuda.Ok(Cuda.Call("cuEventRecord", happening, writer));
        Cuda.Ok(Cuda.Call("cuStreamWaitEvent", reader, happening));
        Cuda.Ok(Cuda.Fill(a, 1, 100, writer));
        Cuda.Ok(Cuda.Call("cuEventRecord", happening, writer));
        Cuda.Ok(Cuda.Copy(b, a, 100, reader));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        Assert.Equal(Check.Race, Assert.Single(cuda.Findings).Check);
    }

    [Fact]
    public void Event_that_is_asked_for_again_and_again_happens()
    {
        using Cuda cuda = new();
        (nint a, _) = Filled();
        (nint stream, nint happening) = (Cuda.NewStream(), Cuda.Out("cuEventCreate", 0));
        Cuda.Ok(Cuda.Call("cuEventQuery", happening));
        for (int i = 0; i < 10; i++)
            Cuda.Ok(Cuda.Fill(a, 1, 100, stream));
        Cuda.Ok(Cuda.Call("cuEventRecord", happening, stream));
        int asked = 0;
        while (Cuda.Call("cuEventQuery", happening) is var answer && answer != CudaResult.Success && asked++ < 100)
            Assert.Equal(CudaResult.NotReady, answer);
        Assert.InRange(asked, 1, 99);
        cuda.Clean();
    }

    [Fact]
    public void Stream_takes_any_number_of_items()
    {
        using Cuda cuda = new();
        (nint a, _) = Filled();
        nint stream = Cuda.NewStream();
        for (int i = 0; i < 3000; i++)
            Cuda.Ok(Cuda.Fill(a + i % 100, (byte)(i / 100), 1, stream));
        Assert.Equal(Enumerable.Repeat((byte)29, 100), Cuda.Read(a, 100, stream));
        cuda.Clean();
    }

    [Fact]
    public void Destroyed_stream_has_done_its_work_and_is_gone()
    {
        using Cuda cuda = new();
        (nint a, _) = Filled();
        nint stream = Cuda.NewStream();
        Cuda.Ok(Cuda.Fill(a, 4, 100, stream));
        Cuda.Ok(Cuda.Call("cuStreamDestroy_v2", stream));
        Assert.Equal(4, Cuda.Read(a, 1)[0]);
        cuda.Refused(CudaResult.InvalidHandle, "no CudaStream that lives", Cuda.Synchronize(stream));
    }

    /// <summary>Two buffers of 100 zeros that everybody may use.</summary>
    private static (nint A, nint B) Filled()
    {
        (nint a, nint b) = (Cuda.Allocate(100), Cuda.Allocate(100));
        Cuda.Ok(Cuda.Fill(a, 0, 100));
        Cuda.Ok(Cuda.Fill(b, 0, 100));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        return (a, b);
    }
}

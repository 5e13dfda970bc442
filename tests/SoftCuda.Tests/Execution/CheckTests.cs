using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Every check inside kernels: a kernel with exactly that fault, and its neighbour without.</summary>
[Trait("Speed", "Fast")]
public sealed class CheckTests
{
    // The place of the thread's float in buffer 0.
    private const string Place = "mul.wide.u32 d4, r31, 4;\nadd.u64 d5, d4, d0;\n";

    private const string Tile = ".shared .align 4 .b8 tile[256];";

    [Fact]
    public void A_read_behind_a_buffer_is_found_with_line_block_lane_buffer_and_offset()
    {
        using Bench bench = new();
        bench.Buffer(new float[31]);
        Assert.Equal(CudaResult.IllegalAddress, bench.Run(Bench.Kernel(Place + "ld.global.f32 f1, [d5];")));
        Finding found = Assert.Single(bench.Findings.All);
        Assert.Equal(Check.Bounds, found.Check);
        Assert.Equal("test, line 19 (ld.global.f32), block (0, 0, 0) of (1, 1, 1), thread 31 (lane 31 of warp 0)", found.Where);
        Assert.Equal("reads 4 bytes at buffer 1 (124 bytes), offset 124", found.What);
    }

    [Fact]
    public void The_last_element_of_a_buffer_is_inside()
    {
        using Bench bench = new();
        bench.Buffer(new float[32]);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(Place + "ld.global.f32 f1, [d5];")));
        Assert.Empty(bench.Findings.All);
    }

    [Theory]
    [InlineData("ld.global.f32 f1, [d5+-4];", "reads 4 bytes at address 8000000000fc, where no buffer is")]
    [InlineData("st.global.v4.f32 [d0+128], {f1, f1, f1, f1};", "writes 16 bytes at buffer 1 (136 bytes), offset 128")]
    [InlineData("mov.u64 d5, 0;\nld.global.f32 f1, [d5];", "reads 4 bytes at address 0, where no buffer is")]
    public void Addresses_before_and_across_the_end_of_buffers_are_found(string access, string what)
    {
        using Bench bench = new();
        bench.Buffer(new float[34]);
        Assert.Equal(CudaResult.IllegalAddress, bench.Run(Bench.Kernel(Place + access)));
        Assert.Equal(what, Assert.Single(bench.Findings.All).What);
    }

    [Fact]
    public void A_lane_that_does_not_take_part_has_no_address()
    {
        using Bench bench = new();
        bench.Buffer(new float[16]);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(Place + "setp.lt.u32 p1, r31, 16;\n@p1 ld.global.f32 f1, [d5];\n@!p1 mov.f32 f1, 0f00000000;")));
        Assert.Empty(bench.Findings.All);
    }

    [Fact]
    public void A_vector_must_lie_at_a_multiple_of_its_whole_size()
    {
        using Bench bench = new();
        bench.Buffer(new float[64]);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("ld.global.v4.f32 {f1, f2, f3, f4}, [d0+16];")));
        Assert.Equal(CudaResult.MisalignedAddress, bench.Run(Bench.Kernel("ld.global.v4.f32 {f1, f2, f3, f4}, [d0+8];")));
        Assert.Equal((Check.Alignment, "buffer 1 (256 bytes), offset 8 is no multiple of 16"), (bench.Findings.All[^1].Check, Assert.Single(bench.Findings.All).What));
    }

    [Fact]
    public void A_freed_buffer_is_stale()
    {
        using Bench bench = new();
        Allocation buffer = bench.Buffer(new float[32]);
        bench.Free(buffer);
        Assert.Equal(CudaResult.IllegalAddress, bench.Run(Bench.Kernel(Place + "ld.global.f32 f1, [d5];")));
        Assert.Equal((Check.Stale, "reads 4 bytes at buffer 1 (128 bytes, freed), offset 0"), (bench.Findings.All[^1].Check, Assert.Single(bench.Findings.All).What));
    }

    [Theory]
    [InlineData(Place + "ld.global.f32 f1, [d5];", "", "reads 4 bytes of buffer 1 (128 bytes), offset 0, which nobody wrote")]
    [InlineData("ld.shared.f32 f1, [tile+8];", Tile, "reads 4 bytes of shared memory tile (256 bytes), offset 8, which nobody wrote")]
    [InlineData("mov.u64 d6, depot;\nst.local.f32 [d6], 0f3F800000;\nld.local.f32 f1, [d6+4];", ".local .align 4 .b8 depot[8];", "offset 4, which nobody wrote")]
    public void Reads_of_memory_that_nobody_wrote_are_found_and_the_launch_goes_on(string body, string declarations, string what)
    {
        using Bench bench = new(), unchecked_ = new(checks: false);
        _ = (bench.Empty(128), unchecked_.Empty(128));
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(body, declarations)));
        Finding found = Assert.Single(bench.Findings.All);
        Assert.Equal(Check.Uninitialized, found.Check);
        Assert.Contains(what, found.What, StringComparison.Ordinal);
        unchecked_.Run(Bench.Kernel(body, declarations));
        Assert.Empty(unchecked_.Findings.All);
    }

    [Theory]
    [InlineData(Place + "st.global.f32 [d5], 0f3F800000;\nld.global.f32 f1, [d5];", "")]
    [InlineData("mul.lo.u32 r1, r31, 4;\ncvt.u64.u32 d5, r1;\nmov.u64 d6, tile;\nadd.u64 d5, d5, d6;\nst.shared.f32 [d5], 0f3F800000;\nld.shared.f32 f1, [d5];", Tile)]
    [InlineData("mov.u64 d6, depot;\nst.local.f32 [d6+4], 0f3F800000;\nld.local.f32 f1, [d6+4];", ".local .align 4 .b8 depot[8];")]
    public void Reads_of_what_the_thread_itself_wrote_are_fine(string body, string declarations)
    {
        using Bench bench = new();
        bench.Empty(128);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(body, declarations)));
        Assert.Empty(bench.Findings.All);
    }

    [Fact]
    public void Shared_memory_of_an_earlier_block_counts_as_unwritten()
    {
        using Bench bench = new();
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("mov.u32 r1, %ctaid.x;\nsetp.eq.u32 p1, r1, 0;\n@p1 st.shared.u32 [tile], 1;\nld.shared.u32 r2, [tile];", Tile), blocks: 2, threads: 1));
        Finding found = Assert.Single(bench.Findings.All);
        Assert.Equal(Check.Uninitialized, found.Check);
        Assert.Contains("block (1, 0, 0) of (2, 1, 1)", found.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_in_shared_memory_end_where_they_end()
    {
        using Bench bench = new();
        string two = ".shared .align 4 .b8 a[16];\n.shared .align 4 .b8 b[16];";
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("st.shared.u32 [a+12], 1;\nst.shared.u32 [b], 1;", two), threads: 1));
        Assert.Equal(CudaResult.IllegalAddress, bench.Run(Bench.Kernel("st.shared.u32 [a+16], 1;", two), threads: 1));
        Assert.Equal("writes 4 bytes at shared memory a (16 bytes), offset 16", Assert.Single(bench.Findings.All).What);
    }

    [Fact]
    public void Dynamic_shared_memory_has_the_size_of_the_launch()
    {
        using Bench bench = new();
        string dynamic = ".extern .shared .align 16 .b8 extra[];";
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("st.shared.u32 [extra+60], 1;\nst.shared.u32 [tile+252], 1;", Tile, dynamic), threads: 1, dynamicShared: 64));
        Assert.Equal(CudaResult.IllegalAddress, bench.Run(Bench.Kernel("st.shared.u32 [extra+60], 1;", Tile, dynamic), threads: 1, dynamicShared: 60));
    }

    [Fact]
    public void A_barrier_in_divergent_code_ends_the_launch()
    {
        using Bench bench = new();
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("bar.sync 0;"), threads: 70));
        Assert.Equal(1, bench.Counts.Barriers);
        Assert.Equal(CudaResult.LaunchFailed, bench.Run(Bench.Kernel("setp.lt.u32 p1, r31, 5;\n@p1 bra SKIP;\nbar.sync 0;\nSKIP:\nret;"), threads: 32));
        Assert.Equal((Check.Barrier, "the barrier is reached by lanes ffffffe0 of ffffffff"), (bench.Findings.All[^1].Check, Assert.Single(bench.Findings.All).What));
    }

    [Fact]
    public void A_barrier_may_stand_before_code_of_lanes_that_come_to_it_later()
    {
        using Bench bench = new();
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("setp.lt.u32 p1, r31, 5;\n@p1 bra AWAY;\nMEET:\nbar.sync 0;\nret;\nAWAY:\nmov.u32 r1, 1;\nbra MEET;"), threads: 70));
        Assert.Equal(1, bench.Counts.Barriers);
        Assert.Equal(new Executed(3, 70), bench.Counts.ByClass[(int)InstructionClass.Barrier]);
        Assert.Empty(bench.Findings.All);
    }

    [Fact]
    public void A_barrier_that_a_whole_warp_leaves_out_ends_the_launch()
    {
        using Bench bench = new();
        Assert.Equal(CudaResult.LaunchFailed, bench.Run(Bench.Kernel("setp.ge.u32 p1, r31, 32;\n@p1 ret;\nbar.sync 0;"), threads: 64));
        Assert.Equal("warp 1 has ended and does not reach the barrier", Assert.Single(bench.Findings.All).What);
    }

    [Fact]
    public void A_uniform_branch_that_lanes_take_differently_is_found_and_taken_all_the_same()
    {
        using Bench bench = new();
        Allocation result = bench.Empty(128);
        string body = "setp.lt.u32 p1, r31, 5;\nmov.u32 r1, 7;\n@p1 bra.uni SKIP;\nmov.u32 r1, 9;\nSKIP:\n" + Place + "st.global.u32 [d5], r1;";
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(body)));
        Assert.Equal((Check.Uniformity, "a branch marked uniform is taken by lanes 0000001f of ffffffff"), (bench.Findings.All[^1].Check, Assert.Single(bench.Findings.All).What));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => i < 5 ? 7 : 9), Bench.Read<int>(result));
    }

    [Fact]
    public void A_uniform_branch_that_all_lanes_take_alike_is_fine()
    {
        using Bench bench = new();
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("setp.lt.u32 p1, r31, 32;\n@p1 bra.uni SKIP;\nmov.u32 r1, 9;\nSKIP:\nret;"), threads: 64));
        Assert.Empty(bench.Findings.All);
    }

    [Fact]
    public void Launches_beyond_the_device_are_refused()
    {
        using Bench bench = new();
        Assert.Equal(CudaResult.InvalidValue, bench.Run(Bench.Kernel("ret;"), threads: 1025));
        Assert.Equal(CudaResult.InvalidValue, bench.Run(Bench.Kernel("ret;"), blocks: 0));
        Assert.Equal(CudaResult.LaunchOutOfResources, bench.Run(Bench.Kernel("ret;", Tile), dynamicShared: 48 << 10));
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("ret;", Tile), dynamicShared: (48 << 10) - 256));
    }
}

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Two threads, one address, one of them writes, and no barrier of a common block between: found wherever it happens, and nowhere else.</summary>
[Trait("Speed", "Fast")]
public sealed class RaceTests
{
    private const string Own = "mul.wide.u32 d4, r31, 4;\nadd.u64 d5, d4, d0;\n";

    // The element of the next thread, around the block of 64.
    private const string Next = "add.u32 r2, r31, 1;\nand.b32 r2, r2, 63;\nmul.wide.u32 d6, r2, 4;\nadd.u64 d7, d6, d0;\n";

    private const string OfBlock = "mov.u32 r3, %ctaid.x;\nmul.wide.u32 d8, r3, 4;\nadd.u64 d9, d8, d0;\n";

    [Theory]
    [InlineData("st.global.u32 [d5], r31;\nld.global.u32 r1, [d7];", "reads buffer 1 (256 bytes), offset 4, which thread 1 wrote, without a barrier between")]
    [InlineData("ld.global.u32 r1, [d7];\nst.global.u32 [d5], r31;", "writes buffer 1 (256 bytes), offset 4, which thread 0 read, without a barrier between")]
    [InlineData("st.global.u32 [d5], r31;\nst.global.u32 [d7], r31;", "writes buffer 1 (256 bytes), offset 4, which thread 1 wrote, without a barrier between")]
    [InlineData("st.global.u32 [d0], r31;", "writes buffer 1 (256 bytes), offset 0, which thread 0 wrote, without a barrier between")]
    [InlineData("ld.global.u32 r1, [d0];\nbar.sync 0;\nld.global.u32 r1, [d0];\nsetp.eq.u32 p1, r31, 40;\n@p1 st.global.u32 [d0], r31;", "writes buffer 1 (256 bytes), offset 0, which thread")]
    public void Threads_of_a_block_race_without_a_barrier(string body, string what)
    {
        Assert.Contains(what, Found(Own + Next + body, 1)[0].What, StringComparison.Ordinal);
        Assert.All(Found(Own + Next + body, 1), f => Assert.Equal(Check.Race, f.Check));
    }

    [Theory]
    [InlineData("st.global.u32 [d5], r31;\nbar.sync 0;\nld.global.u32 r1, [d7];")]
    [InlineData("ld.global.u32 r1, [d7];\nbar.sync 0;\nst.global.u32 [d5], r31;")]
    [InlineData("st.global.u32 [d5], r31;\nbar.sync 0;\nst.global.u32 [d7], r31;")]
    [InlineData("ld.global.u32 r1, [d0];\nld.global.u32 r1, [d0];")]
    [InlineData("st.global.u32 [d5], r31;\nld.global.u32 r1, [d5];\nst.global.u32 [d5], r31;")]
    public void A_barrier_or_a_single_thread_is_order_enough(string body) => Assert.Empty(Found(Own + Next + body, 1));

    [Theory]
    [InlineData("st.global.u32 [d0], r3;", "writes buffer 1 (256 bytes), offset 0, which thread 0 of another block wrote, without a barrier between")]
    [InlineData("st.global.u32 [d9], r3;\nbar.sync 0;\nld.global.u32 r1, [d0];", "reads buffer 1 (256 bytes), offset 0, which thread 0 of another block wrote, without a barrier between")]
    [InlineData("ld.global.u32 r1, [d0+4];\nbar.sync 0;\nst.global.u32 [d9], r3;", "writes buffer 1 (256 bytes), offset 4, which another block read, without a barrier between")]
    public void Threads_of_different_blocks_race_in_spite_of_barriers(string body, string what) =>
        Assert.Contains(Found(OfBlock + "setp.ne.u32 p0, r31, 0;\n" + body, 2, 1), f => f.What == what);

    [Fact]
    public void Blocks_that_keep_to_themselves_and_launches_one_after_the_other_do_not_race()
    {
        using Bench bench = new();
        bench.Buffer(new int[64]);
        for (int launch = 0; launch < 2; launch++)
        {
            Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(OfBlock + "ld.global.u32 r1, [d9];\nst.global.u32 [d9], r3;"), blocks: 8, threads: 1));
            Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("setp.eq.u32 p1, r31, 0;\n@p1 st.global.u32 [d0], r31;"), blocks: 1));
        }
        Assert.Empty(bench.Findings.All);
    }

    [Fact]
    public void Bytes_of_one_word_are_apart()
    {
        using Bench bench = new();
        bench.Buffer(new byte[32]);
        string place = "cvt.u64.u32 d4, r31;\nadd.u64 d5, d4, d0;\n";
        bench.Run(Bench.Kernel(place + "st.global.u8 [d5], r31;"));
        Assert.Empty(bench.Findings.All);
        bench.Run(Bench.Kernel(place + "st.global.u8 [d5], r31;\nld.global.u32 r1, [d0];"));
        Assert.Equal(Check.Race, Assert.Single(bench.Findings.All).Check);
    }

    [Theory]
    [InlineData("st.shared.u32 [d5], r31;\nld.shared.u32 r1, [d7];", true)]
    [InlineData("st.shared.u32 [d5], r31;\nbar.sync 0;\nld.shared.u32 r1, [d7];", false)]
    [InlineData("st.shared.u32 [d5], r31;\nbar.sync 0;\nld.shared.u32 r1, [d7];\nst.shared.u32 [d5], r31;", true)]
    [InlineData("st.shared.u32 [d5], r31;\nbar.sync 0;\nld.shared.u32 r1, [d7];\nbar.sync 0;\nst.shared.u32 [d5], r31;", false)]
    public void Shared_memory_is_watched_in_every_block_anew(string body, bool races)
    {
        string places = "mov.u64 d0, tile;\n" + Own + Next;
        Assert.Equal(races, Found(places + body, 3).Any(f => f.Check == Check.Race));
    }

    [Fact]
    public void Without_checks_no_race_is_looked_for()
    {
        using Bench bench = new(checks: false);
        bench.Buffer(new int[64]);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("st.global.u32 [d0], r31;")));
        Assert.Empty(bench.Findings.All);
    }

    private static IReadOnlyList<Finding> Found(string body, int blocks, int threads = 64)
    {
        using Bench bench = new();
        bench.Buffer(new int[64]);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(body, ".shared .align 4 .b8 tile[256];"), blocks, threads));
        return bench.Findings.All;
    }
}

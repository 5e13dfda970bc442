using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Counts of kernels that can be counted by hand.</summary>
[Trait("Speed", "Fast")]
public sealed class CountTests
{
    [Theory]
    [InlineData(4, "f32 f1", 4, 4)]
    [InlineData(8, "f32 f1", 8, 4)]
    [InlineData(128, "f32 f1", 32, 4)]
    [InlineData(0, "f32 f1", 1, 1)]
    [InlineData(16, "v4.f32 {f1, f2, f3, f4}", 16, 16)]
    [InlineData(1, "u8 r1", 1, 1)]
    public void Sectors_of_a_load_follow_from_its_stride(int stride, string load, int sectors, int ideal)
    {
        using Bench bench = new();
        bench.Buffer(new float[1024]);
        bench.Run(Bench.Kernel($"mul.wide.u32 d4, r31, {stride};\nadd.u64 d5, d4, d0;\nld.global.{load}, [d5];"));
        Assert.Equal((1, sectors, ideal), (bench.Counts.Loads.Requests, bench.Counts.Loads.Sectors, bench.Counts.Loads.IdealSectors));
        Assert.Equal(32 * sectors, bench.Counts.MovedBytes);
        Assert.Equal(32 * sectors, bench.Counts.ReadBytes);
    }

    [Fact]
    public void A_load_across_the_border_of_a_sector_touches_one_more()
    {
        using Bench bench = new();
        bench.Buffer(new float[64]);
        bench.Run(Bench.Kernel("mul.wide.u32 d4, r31, 4;\nadd.u64 d5, d4, d0;\nld.global.f32 f1, [d5+4];"));
        Assert.Equal((5, 4), (bench.Counts.Loads.Sectors, bench.Counts.Loads.IdealSectors));
    }

    [Theory]
    [InlineData(4, "u32 [d5], r31", 1, 0)]
    [InlineData(8, "u32 [d5], r31", 2, 1)]
    [InlineData(128, "u32 [d5], r31", 32, 31)]
    [InlineData(132, "u32 [d5], r31", 1, 0)]
    [InlineData(16, "v4.u32 [d5], {r31, r31, r31, r31}", 4, 0)]
    [InlineData(32, "v4.u32 [d5], {r31, r31, r31, r31}", 8, 4)]
    [InlineData(8, "v2.u32 [d5], {r31, r31}", 2, 0)]
    public void Banks_of_a_store_follow_from_its_stride(int stride, string store, int passes, int conflicts)
    {
        using Bench bench = new();
        bench.Run(Bench.Kernel($"mov.u64 d0, tile;\nmul.wide.u32 d4, r31, {stride};\nadd.u64 d5, d4, d0;\nst.shared.{store};", ".shared .align 16 .b8 tile[4352];"));
        Assert.Empty(bench.Findings.All);
        Assert.Equal((1, passes, conflicts), (bench.Counts.SharedRequests, bench.Counts.SharedPasses, bench.Counts.BankConflicts));
    }

    [Fact]
    public void A_word_that_all_lanes_read_is_no_conflict()
    {
        using Bench bench = new();
        bench.Run(Bench.Kernel("setp.eq.u32 p1, r31, 0;\n@p1 st.shared.u32 [tile], 1;\nbar.sync 0;\nld.shared.u32 r1, [tile];", ".shared .align 16 .b8 tile[4];"));
        Assert.Equal((2, 2, 0), (bench.Counts.SharedRequests, bench.Counts.SharedPasses, bench.Counts.BankConflicts));
    }

    [Fact]
    public void Instructions_are_counted_by_class_with_their_active_lanes()
    {
        using Bench bench = new();
        bench.Buffer(new float[64]);
        // Behind five instructions that load parameters and the thread.
        bench.Run(Bench.Kernel("""
            mul.wide.u32 d4, r31, 4;
            add.u64 d5, d4, d0;
            ld.global.f32 f1, [d5];
            fma.rn.f32 f2, f1, f1, f1;
            add.f32 f3, f1, f2;
            bar.sync 0;
            setp.lt.u32 p1, r31, 8;
            @p1 bra END;
            mul.f32 f3, f3, f3;
            END:
            ret;
            """), blocks: 3, threads: 40);
        LaunchCounts counts = bench.Counts;
        Assert.Equal((3, 6, 3, 1), (counts.Blocks, counts.Warps, counts.Barriers, counts.Launches));
        Assert.Equal(new Executed(6, 120), counts.ByClass[(int)InstructionClass.Global]);
        Assert.Equal(new Executed(6 + 6 + 6, 120 + 120 + 96), counts.ByClass[(int)InstructionClass.Arithmetic]);
        Assert.Equal(3 * (2 * 40 + 40 + 32), counts.Fp32);
        Assert.Equal(new Executed(6, 120), counts.ByClass[(int)InstructionClass.Barrier]);
        Assert.Equal(new Executed(12, 240), counts.ByClass[(int)InstructionClass.Branch]);
        Assert.Equal(new Executed(18, 360), counts.ByClass[(int)InstructionClass.Integer]);
        Assert.Equal(new Executed(30, 600), counts.ByClass[(int)InstructionClass.Other]);
        Assert.Equal(new Executed(90, 1776), counts.All);
    }

    [Fact]
    public void A_launch_needs_every_sector_once_however_often_it_moves()
    {
        using Bench bench = new();
        Allocation from = bench.Buffer(new float[64]), to = bench.Empty(256);
        bench.Run(Bench.Kernel("mul.wide.u32 d4, r31, 4;\nadd.u64 d5, d4, d0;\nadd.u64 d6, d4, d1;\nld.global.f32 f1, [d5];\nld.global.f32 f1, [d5];\nst.global.f32 [d6+64], f1;"));
        Assert.Equal((128, 128, 384), (bench.Counts.ReadBytes, bench.Counts.WrittenBytes, bench.Counts.MovedBytes));
        Assert.Equal([(from, 0L, 128L, false), (to, 64L, 192L, true)], bench.Touched.Select(t => (t.Buffer, t.Low, t.High, t.Wrote)));
        LaunchCounts twice = bench.Counts + bench.Counts;
        Assert.Equal((2, 256, 768, 4), (twice.Launches, twice.ReadBytes, twice.MovedBytes, twice.Loads.Requests));
        // A later launch begins anew.
        bench.Run(Bench.Kernel("ld.global.f32 f1, [d0];"));
        Assert.Equal((32, 0), (bench.Counts.ReadBytes, bench.Counts.WrittenBytes));
    }
}

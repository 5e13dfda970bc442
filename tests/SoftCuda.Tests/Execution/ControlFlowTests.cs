using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Diverging lanes execute the right instructions, reconverge as early as possible, and know their ids.</summary>
[Trait("Speed", "Fast")]
public sealed class ControlFlowTests
{
    private const string Place = "mul.wide.u32 d4, r31, 4;\nadd.u64 d5, d4, d0;\n";

    [Theory]
    [InlineData("and")]
    [InlineData("or")]
    [InlineData("xor")]
    public void Relation_is_joined_with_a_predicate_that_may_be_the_result(string logic)
    {
        using Bench bench = new();
        Allocation buffer = bench.Empty(128);
        bench.Run(Bench.Kernel($"mul.wide.u32 d4, r31, 4;\nadd.u64 d5, d4, d0;\nsetp.lt.u32 p1, r31, 16;\nsetp.ge.{logic}.s32 p1, r31, 8, p1;\nselp.u32 r1, 1, 0, p1;\nst.global.u32 [d5], r1;"));
        Assert.Equal(Enumerable.Range(0, 32).Select(t => (t >= 8, t < 16) switch { var (a, b) => (logic == "and" ? a && b : logic == "or" ? a || b : a != b) ? 1 : 0 }), Bench.Read<int>(buffer));
    }

    [Fact]
    public void Nested_loops_of_different_lengths_count_what_each_lane_does()
    {
        using Bench bench = new();
        Allocation result = bench.Empty(4 * 48);
        // for (i = 0; i < lane % 7; i++) for (j = 0; j < i + lane % 3; j++) if ((i + j) % 2 == 0) n += i; else n += 100;
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(Place + """
            rem.u32 r1, r31, 7;
            rem.u32 r2, r31, 3;
            mov.u32 r3, 0;
            mov.u32 r4, 0;
            OUTER:
            setp.ge.u32 p1, r4, r1;
            @p1 bra DONE;
            mov.u32 r5, 0;
            add.u32 r6, r4, r2;
            INNER:
            setp.ge.u32 p2, r5, r6;
            @p2 bra NEXT;
            add.u32 r7, r4, r5;
            and.b32 r7, r7, 1;
            setp.ne.u32 p3, r7, 0;
            @p3 bra ODD;
            add.u32 r3, r3, r4;
            bra JOIN;
            ODD:
            add.u32 r3, r3, 100;
            JOIN:
            add.u32 r5, r5, 1;
            bra INNER;
            NEXT:
            add.u32 r4, r4, 1;
            bra OUTER;
            DONE:
            st.global.u32 [d5], r3;
            """), threads: 48));
        Assert.Equal(Enumerable.Range(0, 48).Select(Expected), Bench.Read<int>(result));
        Assert.Empty(bench.Findings.All);

        static int Expected(int lane)
        {
            int n = 0;
            for (int i = 0; i < lane % 7; i++)
                for (int j = 0; j < i + lane % 3; j++)
                    n += (i + j) % 2 == 0 ? i : 100;
            return n;
        }
    }

    [Fact]
    public void Lanes_meet_again_behind_a_branch()
    {
        using Bench bench = new();
        bench.Empty(128);
        bench.Run(Bench.Kernel(Place + """
            setp.lt.u32 p1, r31, 5;
            @p1 bra LESS;
            mov.u32 r1, 1;
            bra JOIN;
            LESS:
            mov.u32 r1, 2;
            JOIN:
            st.global.u32 [d5], r1;
            """));
        // The store is one request of all lanes.
        Assert.Equal((1, 128), (bench.Counts.Stores.Requests, bench.Counts.Stores.Bytes));
    }

    [Fact]
    public void Lanes_that_return_early_leave_the_others_to_go_on()
    {
        using Bench bench = new();
        Allocation result = bench.Buffer(new int[32]);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(Place + """
            and.b32 r1, r31, 3;
            setp.eq.u32 p1, r1, 0;
            @p1 bra LATER;
            setp.eq.u32 p2, r1, 1;
            @p2 ret;
            st.global.u32 [d5], 1;
            ret;
            LATER:
            st.global.u32 [d5], 2;
            """)));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (i & 3) switch { 0 => 2, 1 => 0, _ => 1 }), Bench.Read<int>(result));
    }

    [Fact]
    public void A_guard_keeps_the_registers_of_other_lanes()
    {
        using Bench bench = new();
        Allocation result = bench.Empty(128);
        bench.Run(Bench.Kernel(Place + "setp.lt.u32 p1, r31, 9;\nmov.u32 r1, 5;\n@p1 mov.u32 r1, 6;\n@!p1 add.u32 r1, r1, r31;\nst.global.u32 [d5], r1;"));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => i < 9 ? 6 : 5 + i), Bench.Read<int>(result));
    }

    [Fact]
    public void Threads_know_their_place_in_block_and_grid()
    {
        using Bench bench = new();
        Allocation result = bench.Empty(4 * 9 * 2 * 3 * 2 * 2 * 2);
        Assert.Equal(CudaResult.Success, bench.RunGrid(Bench.Kernel("""
            mov.u32 r1, %tid.y;
            mov.u32 r2, %tid.z;
            mov.u32 r3, %ntid.x;
            mov.u32 r4, %ntid.y;
            mov.u32 r5, %ntid.z;
            mov.u32 r6, %ctaid.x;
            mov.u32 r7, %ctaid.y;
            mov.u32 r8, %ctaid.z;
            mov.u32 r9, %nctaid.x;
            mov.u32 r10, %nctaid.y;
            mad.lo.u32 r11, r8, r10, r7;
            mad.lo.u32 r11, r11, r9, r6;
            mad.lo.u32 r11, r11, r5, r2;
            mad.lo.u32 r11, r11, r4, r1;
            mad.lo.u32 r11, r11, r3, r31;
            mul.wide.u32 d4, r11, 4;
            add.u64 d5, d4, d0;
            st.global.u32 [d5], r11;
            """), new(2, 2, 2), new(9, 2, 3)));
        Assert.Equal(Enumerable.Range(0, 9 * 2 * 3 * 8), Bench.Read<int>(result));
    }

    [Fact]
    public void Warps_of_a_block_exchange_values_across_a_barrier()
    {
        using Bench bench = new();
        Allocation result = bench.Empty(4 * 96);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(Place + """
            mov.u64 d6, tile;
            add.u64 d7, d6, d4;
            st.shared.u32 [d7], r31;
            bar.sync 0;
            sub.u32 r1, 95, r31;
            mul.wide.u32 d8, r1, 4;
            add.u64 d9, d6, d8;
            ld.shared.u32 r2, [d9];
            st.global.u32 [d5], r2;
            """, ".shared .align 4 .b8 tile[384];"), threads: 96));
        Assert.Equal(Enumerable.Range(0, 96).Select(i => 95 - i), Bench.Read<int>(result));
        Assert.Empty(bench.Findings.All);
    }

    [Fact]
    public void Vectors_and_small_types_of_memory_go_to_the_right_registers()
    {
        using Bench bench = new();
        bench.Buffer(1f, 2f, 3f, 4f);
        bench.Buffer<byte>(0x80, 0x7f, 0xff, 0x80, 0, 0, 0, 0);
        Allocation floats = bench.Empty(16), ints = bench.Empty(16);
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel("""
            ld.global.v4.f32 {f1, f2, f3, f4}, [d0];
            st.global.v2.f32 [d2], {f4, f3};
            st.global.v2.f32 [d2+8], {f2, 0f40E00000};
            ld.global.s8 r1, [d1];
            ld.global.u8 r2, [d1];
            ld.global.s16 r3, [d1+2];
            st.global.v4.u32 [d3], {r1, r2, r3, 7};
            st.global.u8 [d3+15], r1;
            """), threads: 1));
        Assert.Equal([4f, 3f, 2f, 7f], Bench.Read<float>(floats));
        Assert.Equal([-128, 128, -32513, 7 + (0x80 << 24)], Bench.Read<int>(ints));
    }
}

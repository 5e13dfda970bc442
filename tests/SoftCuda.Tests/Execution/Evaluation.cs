using System.Runtime.CompilerServices;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Applies one instruction to lists of values, one a thread, in blocks of 48 threads: whole and half warps.</summary>
internal static unsafe class Evaluation
{
    private const int Threads = 48;

    /// <summary>Results of <c>MNEMONIC result, a</c>.</summary>
    public static TTo[] Unary<TFrom, TTo>(string mnemonic, params TFrom[] a)
        where TFrom : unmanaged
        where TTo : unmanaged =>
        Run<TFrom, TFrom, TTo>($"{mnemonic} {Register<TTo>(3)}, {Register<TFrom>(1)};", a, a);

    /// <summary>Results of <c>MNEMONIC result, a, b</c>.</summary>
    public static TTo[] Binary<TFirst, TSecond, TTo>(string mnemonic, TFirst[] a, TSecond[] b)
        where TFirst : unmanaged
        where TSecond : unmanaged
        where TTo : unmanaged =>
        Run<TFirst, TSecond, TTo>($"{mnemonic} {Register<TTo>(3)}, {Register<TFirst>(1)}, {Register<TSecond>(2)};", a, b);

    /// <summary>1 where <c>MNEMONIC predicate, a, b</c> holds, else 0.</summary>
    public static bool[] Holds<T>(string mnemonic, T[] a, T[] b)
        where T : unmanaged
    {
        string second = mnemonic.StartsWith("testp", StringComparison.Ordinal) ? "" : $", {Register<T>(2)}";
        return [.. Run<T, T, int>($"{mnemonic} p1, {Register<T>(1)}{second};\nselp.b32 r3, 1, 0, p1;", a, b).Select(x => x == 1)];
    }

    /// <summary>What instructions leave in a register whose name ends with 3, from registers that end with 1 and 2.</summary>
    public static TTo[] Run<TFirst, TSecond, TTo>(string instructions, TFirst[] a, TSecond[] b)
        where TFirst : unmanaged
        where TSecond : unmanaged
        where TTo : unmanaged
    {
        using Bench bench = new();
        bench.Buffer(a);
        bench.Buffer(b);
        Allocation result = bench.Empty(a.Length * sizeof(TTo));
        PtxKernel kernel = Bench.Kernel($$"""
            mov.u32 r29, %ctaid.x;
            mad.lo.u32 r30, r29, {{Threads}}, r31;
            setp.ge.s32 p0, r30, {{a.Length}};
            @p0 ret;
            {{Place(13, 0, sizeof(TFirst))}}
            {{Place(14, 1, sizeof(TSecond))}}
            {{Place(15, 2, sizeof(TTo))}}
            ld.global.{{Type<TFirst>()}} {{Register<TFirst>(1)}}, [d13];
            ld.global.{{Type<TSecond>()}} {{Register<TSecond>(2)}}, [d14];
            {{instructions}}
            st.global.{{Type<TTo>()}} [d15], {{Register<TTo>(3)}};
            """);
        Assert.Equal(CudaResult.Success, bench.Run(kernel, (a.Length + Threads - 1) / Threads, Threads));
        Assert.Empty(bench.Findings.All);
        return Bench.Read<TTo>(result);
    }

    private static string Place(int register, int buffer, int size) => $"mul.wide.u32 d{register}, r30, {size};\nadd.u64 d{register}, d{register}, d{buffer};";

    private static string Register<T>(int number) => $"{(typeof(T) == typeof(float) ? "f" : Unsafe.SizeOf<T>() == 8 ? "d" : "r")}{number}";

    private static string Type<T>() => typeof(T) == typeof(float) ? "f32" : $"{(typeof(T).Name.StartsWith('U') || typeof(T) == typeof(byte) ? "u" : "s")}{8 * Unsafe.SizeOf<T>()}";
}

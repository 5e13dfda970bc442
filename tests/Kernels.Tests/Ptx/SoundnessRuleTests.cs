using System.Reflection;
using GpuCtr.SoftCuda.Ptx;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>The rules of <see cref="SoundnessTests"/> find violations, each in a kernel written to break one rule.</summary>
[Trait("Speed", "Fast")]
public sealed class SoundnessRuleTests
{
    [Fact]
    public void Branch_on_a_value_that_depends_on_the_way_to_it_is_marked_uniform_by_ILGPU_and_not_by_us()
    {
        using PtxCompiler compiler = new(CudaArchitecture.SM_80);
        MethodInfo kernel = ((Action<ArrayView<int>, int>)WayDependent).Method;
        Assert.Contains(Breaches(compiler.CompileAsIs(kernel)), b => b.Contains("marked uniform", StringComparison.Ordinal));
        Assert.DoesNotContain(Breaches(compiler.Compile(kernel)), b => b.Contains("marked uniform", StringComparison.Ordinal));
    }

    [Fact]
    public void Barrier_that_only_some_threads_reach_is_found() => Assert.Contains(BreachesOf(DivergentBarrier), b => b.Contains("bar.sync", StringComparison.Ordinal));

    [Fact]
    public void Barrier_in_a_loop_whose_length_is_a_matter_of_the_thread_is_found() => Assert.NotEmpty(BreachesOf(BarrierInDivergentLoop));

    [Fact]
    public void Barrier_in_a_loop_of_equal_length_is_fine() => Assert.Empty(BreachesOf(BarrierInUniformLoop));

    [Fact]
    public void Barrier_behind_the_point_where_all_ways_meet_is_fine() => Assert.Empty(BreachesOf(BarrierBehindBranch));

    [Fact]
    public void Load_that_is_moved_behind_a_store_is_found()
    {
        using PtxCompiler compiler = new(CudaArchitecture.SM_80);
        compiler.Compile(((Action<ArrayView<int>, int>)ReadThenOverwritten).Method);
        Assert.NotEmpty(compiler.Order.Take());
        compiler.Compile(((Action<ArrayView<int>, int>)BarrierInUniformLoop).Method);
        Assert.Empty(compiler.Order.Take());
    }

    [Theory]
    [InlineData(nameof(LiteralLeft), true)]
    [InlineData(nameof(LiteralRight), false)]
    [InlineData(nameof(ArgumentLeft), true)]
    [InlineData(nameof(PropertyLeft), true)]
    [InlineData(nameof(LocalLeft), true)]
    [InlineData(nameof(BothLoaded), false)]
    [InlineData(nameof(IntegerLeft), false)]
    public void Constant_on_the_left_is_found_through_calls_and_locals(string kernel, bool found) =>
        Assert.Equal(found, ConstantComparisons.In([GetType().GetMethod(kernel, BindingFlags.Static | BindingFlags.NonPublic)!]).Count > 0);

    private static List<string> BreachesOf(Action<ArrayView<int>, int> kernel)
    {
        using PtxCompiler compiler = new(CudaArchitecture.SM_80);
        return Breaches(compiler.Compile(kernel.Method));
    }

    private static List<string> Breaches(string ptx) => [.. PtxModule.Parse(ptx).Kernels.SelectMany(Divergence.Breaches)];

    /// <summary>The number of rounds is a constant on both ways, but not the same.</summary>
    private static void WayDependent(ArrayView<int> a, int n)
    {
        int rounds = n;
        if (a[Grid.GlobalLinearIndex] > 0)
        {
            a[Grid.GlobalLinearIndex] = 1;
            rounds = n + 3;
        }
        for (int i = 0; i < rounds; i++)
            a[i] = n;
    }

    private static void DivergentBarrier(ArrayView<int> a, int n)
    {
        if (a[Group.IdxX] > n)
            Group.Barrier();
        a[Group.IdxX] = n;
    }

    private static void BarrierInDivergentLoop(ArrayView<int> a, int n)
    {
        for (int i = Group.IdxX; i < n; i += 64)
        {
            a[i] = n;
            Group.Barrier();
        }
    }

    private static void BarrierInUniformLoop(ArrayView<int> a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            a[Group.IdxX] = i;
            Group.Barrier();
        }
    }

    private static void BarrierBehindBranch(ArrayView<int> a, int n)
    {
        if (a[Group.IdxX] > n)
            a[Group.IdxX] = n;
        Group.Barrier();
        a[Group.IdxX + 1] = n;
    }

    private static void ReadThenOverwritten(ArrayView<int> a, int n)
    {
        int value = a[Group.IdxX];
        a[Group.IdxX] = n;
        if (value > 0)
            a[Group.IdxX + n] = 1;
    }

    private static void LiteralLeft(ArrayView<float> a) => a[0] = 0f < a[1] ? 1 : 2;

    private static void LiteralRight(ArrayView<float> a) => a[0] = a[1] > 0f ? 1 : 2;

    private static void ArgumentLeft(ArrayView<float> a) => a[0] = Below(3f, a[1]);

    private static void PropertyLeft(ArrayView<float> a) => a[0] = Limited<Three>(a[1]);

    private static void LocalLeft(ArrayView<float> a)
    {
        float best = 0;
        for (int i = 0; i < 4; i++)
            if (best < a[i])
                best = a[i];
        a[0] = best;
    }

    private static void BothLoaded(ArrayView<float> a) => a[0] = Below(a[2], a[1]);

    private static void IntegerLeft(ArrayView<int> a) => a[0] = 0 < a[1] ? 1 : 2;

    private static float Below(float limit, float x) => limit < x ? limit : x;

    private static float Limited<T>(float x) where T : struct, ILimit => T.Limit < x ? 1 : 2;

    private interface ILimit
    {
        static abstract float Limit { get; }
    }

    private readonly struct Three : ILimit
    {
        public static float Limit => 3;
    }
}

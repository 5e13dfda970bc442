namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Instructions of float32 against their definition (PTX ISA, "Floating Point Instructions"): rounded once, NaN is 7fffffff, denormals stay.</summary>
[Trait("Speed", "Fast")]
public sealed class FloatTests
{
    private const uint NaN = 0x7fffffff;

    private static readonly float[] edges =
    [
        0f, -0f, 1f, -1f, 1.0000001f, 0.99999994f, 3f, -7.5f, 16777216f, 16777217f, 1.17549435e-38f, 1e-45f, -1e-45f, 1.1754942e-38f, 3.4028235e38f, -3.4028235e38f,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN, BitConverter.UInt32BitsToSingle(0x7f800001), 0.1f, 1f / 3, 2.5e-20f, 8.1e18f,
    ];

    private static readonly float[] first = [.. edges.SelectMany(_ => edges)], second = [.. edges.SelectMany(e => Enumerable.Repeat(e, edges.Length))];

    [Theory]
    [InlineData("add.f32")]
    [InlineData("add.rn.f32")]
    [InlineData("sub.f32")]
    [InlineData("mul.f32")]
    [InlineData("div.rn.f32")]
    public void Binary_instructions_round_to_nearest_once(string mnemonic)
    {
        // Through float64 the result of each of the four is the one that is rounded once (Figueroa 1995).
        Func<double, double, double> exact = mnemonic[..3] switch { "add" => (a, b) => a + b, "sub" => (a, b) => a - b, "mul" => (a, b) => a * b, _ => (a, b) => a / b };
        Equal(first.Zip(second, (a, b) => (float)exact(a, b)), Evaluation.Binary<float, float, float>(mnemonic, first, second));
    }

    [Fact]
    public void Fused_multiply_add_rounds_once_and_multiply_then_add_twice()
    {
        float[] a = [1.0000001f, 3f, float.PositiveInfinity, 0f], b = [1.0000001f, 1f / 3, 0f, -1f];
        float[] once = Evaluation.Run<float, float, float>("fma.rn.f32 f3, f1, f2, 0fBF800000;", a, b), twice = Evaluation.Run<float, float, float>("mul.rn.f32 f4, f1, f2;\nadd.rn.f32 f3, f4, 0fBF800000;", a, b);
        Equal(a.Zip(b, (x, y) => (float)((double)x * y - 1)), once);
        Equal(a.Zip(b, (x, y) => (float)((double)(float)((double)x * y) - 1)), twice);
        Assert.NotEqual(once[1], twice[1]);
    }

    [Fact]
    public void Minimum_and_maximum_prefer_numbers_and_order_zeros()
    {
        Equal(first.Zip(second, (a, b) => float.IsNaN(a) ? b : float.IsNaN(b) ? a : a < b || a == b && float.IsNegative(a) ? a : b), Evaluation.Binary<float, float, float>("min.f32", first, second));
        Equal(first.Zip(second, (a, b) => float.IsNaN(a) ? b : float.IsNaN(b) ? a : a > b || a == b && !float.IsNegative(a) ? a : b), Evaluation.Binary<float, float, float>("max.f32", first, second));
    }

    [Fact]
    public void Unary_instructions_are_correctly_rounded()
    {
        Equal(edges.Select(a => (float)Math.Sqrt(a)), Evaluation.Unary<float, float>("sqrt.rn.f32", edges));
        Equal(edges.Select(a => (float)(1 / (double)a)), Evaluation.Unary<float, float>("rcp.rn.f32", edges));
        Assert.Equal(edges.Select(a => BitConverter.SingleToUInt32Bits(a) ^ 0x80000000), Evaluation.Unary<float, float>("neg.f32", edges).Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(edges.Select(a => BitConverter.SingleToUInt32Bits(a) & 0x7fffffff), Evaluation.Unary<float, float>("abs.f32", edges).Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Power_and_logarithm_know_their_limits()
    {
        float inf = float.PositiveInfinity;
        Equal([1f, 2f, 0.5f, 1f, inf, 0f, inf, 0f, float.NaN, 1e-45f, 1.4142135f], Evaluation.Unary<float, float>("ex2.approx.f32", 0f, 1f, -1f, 1e-45f, 128f, -151f, inf, -inf, float.NaN, -149f, 0.5f));
        Equal([0f, 1f, -1f, -inf, -inf, float.NaN, inf, float.NaN, -149f, float.NaN], Evaluation.Unary<float, float>("lg2.approx.f32", 1f, 2f, 0.5f, 0f, -0f, -1f, inf, -inf, 1e-45f, float.NaN));
    }

    [Theory]
    [InlineData("eq")]
    [InlineData("ne")]
    [InlineData("lt")]
    [InlineData("le")]
    [InlineData("gt")]
    [InlineData("ge")]
    public void Ordered_comparisons_fail_at_NaN_and_unordered_ones_hold(string relation)
    {
        Func<float, float, bool> holds = relation switch
        {
            "eq" => (a, b) => a == b,
            "ne" => (a, b) => a < b || a > b,
            "lt" => (a, b) => a < b,
            "le" => (a, b) => a <= b,
            "gt" => (a, b) => a > b,
            _ => (a, b) => a >= b,
        };
        Assert.Equal(first.Zip(second, holds), Evaluation.Holds($"setp.{relation}.f32", first, second));
        Assert.Equal(first.Zip(second, (a, b) => holds(a, b) || float.IsNaN(a) || float.IsNaN(b)), Evaluation.Holds($"setp.{relation}u.f32", first, second));
    }

    [Fact]
    public void Tests_of_numbers_tell_NaN_and_infinity()
    {
        Assert.Equal(first.Zip(second, (a, b) => !float.IsNaN(a) && !float.IsNaN(b)), Evaluation.Holds("setp.num.f32", first, second));
        Assert.Equal(first.Zip(second, (a, b) => float.IsNaN(a) || float.IsNaN(b)), Evaluation.Holds("setp.nan.f32", first, second));
        Assert.Equal(edges.Select(float.IsFinite), Evaluation.Holds("testp.finite.f32", edges, edges));
        Assert.Equal(edges.Select(float.IsInfinity), Evaluation.Holds("testp.infinite.f32", edges, edges));
        Assert.Equal(edges.Select(float.IsNaN), Evaluation.Holds("testp.notanumber.f32", edges, edges));
        Assert.Equal(edges.Select(a => !float.IsNaN(a)), Evaluation.Holds("testp.number.f32", edges, edges));
    }

    [Fact]
    public void Moves_and_loads_keep_the_bits_of_a_NaN()
    {
        // As an integer: compilers change the bits of a constant NaN.
        uint[] odd = [0xff812345];
        Assert.Equal(odd, Evaluation.Run<uint, uint, uint>("mov.b32 f1, r1;\nmov.f32 f2, f1;\nmov.b32 r3, f2;", odd, odd));
        Assert.Equal([NaN], Evaluation.Run<uint, uint, uint>("mov.b32 f1, r1;\nadd.f32 f2, f1, 0f00000000;\nmov.b32 r3, f2;", odd, odd));
    }

    private static void Equal(IEnumerable<float> expected, float[] actual) =>
        Assert.Equal(expected.Select(x => float.IsNaN(x) ? NaN : BitConverter.SingleToUInt32Bits(x)), actual.Select(BitConverter.SingleToUInt32Bits));
}

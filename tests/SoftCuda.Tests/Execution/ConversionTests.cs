namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Conversions against their definition (PTX ISA, "cvt").</summary>
[Trait("Speed", "Fast")]
public sealed class ConversionTests
{
    [Fact]
    public void Integers_are_cut_and_extended_with_the_sign_of_their_type()
    {
        int[] a = [0, 1, -1, 127, 128, 255, 256, 32767, 32768, -32769, int.MaxValue, int.MinValue];
        Assert.Equal(a.Select(x => (long)x), Evaluation.Unary<int, long>("cvt.s64.s32", a));
        Assert.Equal(a.Select(x => (long)(uint)x), Evaluation.Unary<int, long>("cvt.u64.u32", a));
        Assert.Equal(a.Select(x => (int)(sbyte)x), Evaluation.Unary<int, int>("cvt.s8.s32", a));
        Assert.Equal(a.Select(x => (int)(byte)x), Evaluation.Unary<int, int>("cvt.u8.s32", a));
        Assert.Equal(a.Select(x => (int)(short)x), Evaluation.Unary<int, int>("cvt.s32.s16", a));
        Assert.Equal(a.Select(x => (int)(ushort)x), Evaluation.Unary<int, int>("cvt.u16.u32", a));
        long[] b = [0, -1, 1L << 32, (1L << 31) + 5, long.MinValue, long.MaxValue];
        Assert.Equal(b.Select(x => (int)x), Evaluation.Unary<long, int>("cvt.s32.s64", b));
        Assert.Equal(b.Select(x => (int)x), Evaluation.Unary<long, int>("cvt.u32.u64", b));
    }

    [Fact]
    public void Integers_become_the_nearest_float_ties_to_even()
    {
        int[] a = [0, 1, -1, 16777216, 16777217, 16777219, -16777217, int.MaxValue, int.MinValue];
        Assert.Equal([0f, 1f, -1f, 16777216f, 16777216f, 16777220f, -16777216f, 2147483648f, -2147483648f], Evaluation.Unary<int, float>("cvt.rn.f32.s32", a));
        Assert.Equal([4294967296f, 4294967040f], Evaluation.Unary<uint, float>("cvt.rn.f32.u32", uint.MaxValue, 4294967167));
        // 2^54 + 2^30 is halfway; one more is above, and float64 would lose it.
        Assert.Equal([18014398509481984f, 18014400656965632f], Evaluation.Unary<long, float>("cvt.rn.f32.s64", (1L << 54) + (1L << 30), (1L << 54) + (1L << 30) + 1));
        Assert.Equal([18446744073709551616f], Evaluation.Unary<ulong, float>("cvt.rn.f32.u64", ulong.MaxValue));
        Assert.Equal([-9223372036854775808f], Evaluation.Unary<long, float>("cvt.rn.f32.s64", long.MinValue));
    }

    [Theory]
    [InlineData("rni", new[] { 0, 2, 2, -2, -1, 3 })]
    [InlineData("rzi", new[] { 0, 1, 2, -1, 0, 2 })]
    [InlineData("rmi", new[] { 0, 1, 2, -2, -1, 2 })]
    [InlineData("rpi", new[] { 1, 2, 3, -1, 0, 3 })]
    public void Floats_become_integers_by_the_rounding_of_the_mnemonic(string rounding, int[] expected)
    {
        float[] a = [0.25f, 1.5f, 2.5f, -1.5f, -0.75f, 2.75f];
        Assert.Equal(expected, Evaluation.Unary<float, int>($"cvt.{rounding}.s32.f32", a));
        Assert.Equal(expected.Select(x => (float)x), Evaluation.Unary<float, float>($"cvt.{rounding}.f32.f32", a));
    }

    [Fact]
    public void Floats_are_clamped_to_the_range_of_an_integer_and_NaN_is_zero_or_the_highest_bit()
    {
        float[] a = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 3e9f, -3e9f, 2147483648f, -1f, -0f, 300f];
        Assert.Equal([0, int.MaxValue, int.MinValue, int.MaxValue, int.MinValue, int.MaxValue, -1, 0, 300], Evaluation.Unary<float, int>("cvt.rzi.s32.f32", a));
        Assert.Equal([0, uint.MaxValue, 0, 3000000000, 0, 2147483648, 0, 0, 300], Evaluation.Unary<float, uint>("cvt.rzi.u32.f32", a));
        Assert.Equal([long.MinValue, long.MaxValue, long.MinValue, 3000000000, -3000000000, 2147483648, -1, 0, 300], Evaluation.Unary<float, long>("cvt.rzi.s64.f32", a));
        Assert.Equal([1UL << 63, ulong.MaxValue, 0, 3000000000, 0, 2147483648, 0, 0, 300], Evaluation.Unary<float, ulong>("cvt.rzi.u64.f32", a));
        Assert.Equal([0, 255, 0, 255, 0, 255, 0, 0, 255], Evaluation.Unary<float, int>("cvt.rzi.u8.f32", a));
    }

    [Fact]
    public void Integral_floats_keep_the_sign_of_zero() =>
        Assert.Equal([0x80000000u, 0x80000000, 0x7f800000, 0x7fffffff], Evaluation.Unary<float, float>("cvt.rpi.f32.f32", -0f, -0.5f, float.PositiveInfinity, float.NaN).Select(BitConverter.SingleToUInt32Bits));

    [Fact]
    public void Tf32_has_10_fraction_bits_and_ties_go_away_from_zero()
    {
        uint[] a = [0x3f800000, 0x3f800fff, 0x3f801000, 0x3f801001, 0xbf801000, 0x7f800000, 0xff800000, 0x7f7fffff, 0x7fc00001, 0xffffffff, 0x00001000, 0x80000000];
        uint[] expected = [0x3f800000, 0x3f800000, 0x3f802000, 0x3f802000, 0xbf802000, 0x7f800000, 0xff800000, 0x7f800000, 0x7fffffff, 0x7fffffff, 0x00002000, 0x80000000];
        Assert.Equal(expected, Evaluation.Unary<float, uint>("cvt.rna.tf32.f32", [.. a.Select(BitConverter.UInt32BitsToSingle)]));
    }

    [Fact]
    public void Bf16_has_7_fraction_bits_ties_go_to_even_and_the_first_source_is_above()
    {
        float[] a = [1f, BitConverter.UInt32BitsToSingle(0x3f808000), BitConverter.UInt32BitsToSingle(0x3f818000), float.NaN, float.MaxValue];
        float[] b = [-2f, BitConverter.UInt32BitsToSingle(0x3f808001), 0f, float.NegativeInfinity, -0f];
        Assert.Equal([0x3f80c000u, 0x3f803f81, 0x3f820000, 0x7fffff80, 0x7f808000], Evaluation.Binary<float, float, uint>("cvt.rn.bf16x2.f32", a, b));
    }
}

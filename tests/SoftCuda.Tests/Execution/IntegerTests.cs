using System.Numerics;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Integer instructions against their definition on unbounded integers (PTX ISA, "Integer Arithmetic Instructions" and "Logic and Shift Instructions").</summary>
[Trait("Speed", "Fast")]
public sealed class IntegerTests
{
    [Theory]
    [InlineData("add")]
    [InlineData("sub")]
    [InlineData("mul.lo")]
    [InlineData("mul.hi")]
    [InlineData("div")]
    [InlineData("rem")]
    [InlineData("min")]
    [InlineData("max")]
    public void Binary_instructions_of_four_types_are_those_of_unbounded_integers_cut_to_the_type(string opcode)
    {
        Check<int>($"{opcode}.s32", Definition(opcode, 32));
        Check<uint>($"{opcode}.u32", Definition(opcode, 32));
        Check<long>($"{opcode}.s64", Definition(opcode, 64));
        Check<ulong>($"{opcode}.u64", Definition(opcode, 64));
    }

    [Theory]
    [InlineData("and")]
    [InlineData("or")]
    [InlineData("xor")]
    public void Logic_works_bit_by_bit(string opcode)
    {
        Check<uint>($"{opcode}.b32", Definition(opcode, 32));
        Check<ulong>($"{opcode}.b64", Definition(opcode, 64));
    }

    [Fact]
    public void Wide_products_are_whole()
    {
        (int[] a, int[] b) = Pairs<int>();
        Assert.Equal(a.Zip(b, (x, y) => (long)x * y), Evaluation.Binary<int, int, long>("mul.wide.s32", a, b));
        (uint[] c, uint[] d) = Pairs<uint>();
        Assert.Equal(c.Zip(d, (x, y) => (ulong)x * y), Evaluation.Binary<uint, uint, ulong>("mul.wide.u32", c, d));
    }

    [Fact]
    public void Multiply_add_wraps()
    {
        (int[] a, int[] b) = Pairs<int>();
        Assert.Equal(a.Zip(b, (x, y) => unchecked(x * y + y)), Evaluation.Run<int, int, int>("mad.lo.s32 r3, r1, r2, r2;", a, b));
        (ulong[] c, ulong[] d) = Pairs<ulong>();
        Assert.Equal(c.Zip(d, (x, y) => unchecked(x * y + x)), Evaluation.Run<ulong, ulong, ulong>("mad.lo.u64 d3, d1, d2, d1;", c, d));
    }

    [Fact]
    public void Shifts_are_clamped_at_the_size_of_the_type()
    {
        uint[] by = [0, 1, 4, 31, 32, 33, 63, 64, 65, 0x80000000, uint.MaxValue];
        foreach (int x in new[] { 1, -1, int.MinValue, 0x12345678 })
        {
            int[] a = [.. by.Select(_ => x)];
            uint[] bits = [.. a.Select(v => (uint)v)];
            Assert.Equal(by.Select(n => n > 31 ? 0 : x << (int)n), Evaluation.Binary<int, uint, int>("shl.b32", a, by));
            Assert.Equal(by.Select(n => x >> (int)Math.Min(n, 31)), Evaluation.Binary<int, uint, int>("shr.s32", a, by));
            Assert.Equal(by.Select(n => n > 31 ? 0 : (uint)x >> (int)n), Evaluation.Binary<uint, uint, uint>("shr.u32", bits, by));
            Assert.Equal(by.Select(n => n > 31 ? 0 : (uint)x >> (int)n), Evaluation.Binary<uint, uint, uint>("shr.b32", bits, by));
            long[] wide = [.. a.Select(v => (long)v << 17)];
            Assert.Equal(by.Select(n => n > 63 ? 0 : wide[0] << (int)n), Evaluation.Binary<long, uint, long>("shl.b64", wide, by));
            Assert.Equal(by.Select(n => wide[0] >> (int)Math.Min(n, 63)), Evaluation.Binary<long, uint, long>("shr.s64", wide, by));
            ulong[] wideBits = [.. wide.Select(v => (ulong)v)];
            Assert.Equal(by.Select(n => n > 63 ? 0 : wideBits[0] >> (int)n), Evaluation.Binary<ulong, uint, ulong>("shr.u64", wideBits, by));
        }
    }

    [Fact]
    public void Unary_instructions_wrap_at_the_smallest_integer()
    {
        int[] a = Edges<int>();
        long[] b = Edges<long>();
        Assert.Equal(a.Select(x => unchecked(-x)), Evaluation.Unary<int, int>("neg.s32", a));
        Assert.Equal(a.Select(x => x < 0 ? unchecked(-x) : x), Evaluation.Unary<int, int>("abs.s32", a));
        Assert.Equal(b.Select(x => unchecked(-x)), Evaluation.Unary<long, long>("neg.s64", b));
        Assert.Equal(b.Select(x => x < 0 ? unchecked(-x) : x), Evaluation.Unary<long, long>("abs.s64", b));
        Assert.Equal(a.Select(x => ~x), Evaluation.Unary<int, int>("not.b32", a));
        Assert.Equal(b.Select(x => ~x), Evaluation.Unary<long, long>("not.b64", b));
    }

    [Theory]
    [InlineData("eq")]
    [InlineData("ne")]
    [InlineData("lt")]
    [InlineData("le")]
    [InlineData("gt")]
    [InlineData("ge")]
    [InlineData("lo")]
    [InlineData("ls")]
    [InlineData("hi")]
    [InlineData("hs")]
    public void Comparisons_know_the_sign_of_their_type(string relation)
    {
        Func<BigInteger, BigInteger, bool> holds = relation switch
        {
            "eq" => (a, b) => a == b,
            "ne" => (a, b) => a != b,
            "lt" or "lo" => (a, b) => a < b,
            "le" or "ls" => (a, b) => a <= b,
            "gt" or "hi" => (a, b) => a > b,
            _ => (a, b) => a >= b,
        };
        Compare<uint>($"setp.{relation}.u32", holds);
        Compare<ulong>($"setp.{relation}.u64", holds);
        if (relation is "lo" or "ls" or "hi" or "hs")
            return;
        Compare<int>($"setp.{relation}.s32", holds);
        Compare<long>($"setp.{relation}.s64", holds);
    }

    [Fact]
    public void Selection_and_predicates_go_lane_by_lane()
    {
        int[] a = [.. Enumerable.Range(-40, 80)], b = [.. a.Select(x => x % 3)];
        string logic = "setp.lt.s32 p1, r1, 0;\nsetp.eq.s32 p2, r2, 0;\nnot.pred p3, p2;\nand.pred p4, p1, p3;\nor.pred p5, p1, p2;\nxor.pred p6, p4, p5;\nmov.pred p7, p6;\nselp.b32 r3, r1, r2, p7;";
        Assert.Equal(a.Zip(b, (x, y) => (x < 0 && y != 0) ^ (x < 0 || y == 0) ? x : y), Evaluation.Run<int, int, int>(logic, a, b));
        Assert.Equal(a.Zip(b, (x, y) => x < 0 ? (long)x : y), Evaluation.Run<int, int, long>("setp.lt.s32 p1, r1, 0;\ncvt.s64.s32 d1, r1;\ncvt.s64.s32 d2, r2;\nselp.b64 d3, d1, d2, p1;", a, b));
    }

    private static Func<BigInteger, BigInteger, BigInteger> Definition(string opcode, int bits) => opcode switch
    {
        "add" => (a, b) => a + b,
        "sub" => (a, b) => a - b,
        "mul.lo" => (a, b) => a * b,
        "mul.hi" => (a, b) => a * b >> bits,
        "div" => (a, b) => b == 0 ? -1 : BigInteger.Divide(a, b),
        "rem" => (a, b) => b == 0 ? a : BigInteger.Remainder(a, b),
        "min" => BigInteger.Min,
        "max" => BigInteger.Max,
        "and" => (a, b) => a & b,
        "or" => (a, b) => a | b,
        _ => (a, b) => a ^ b,
    };

    private static void Check<T>(string mnemonic, Func<BigInteger, BigInteger, BigInteger> definition)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        (T[] a, T[] b) = Pairs<T>();
        Assert.Equal(a.Zip(b, (x, y) => T.CreateTruncating(definition(BigInteger.CreateChecked(x), BigInteger.CreateChecked(y)))), Evaluation.Binary<T, T, T>(mnemonic, a, b));
    }

    private static void Compare<T>(string mnemonic, Func<BigInteger, BigInteger, bool> holds)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        (T[] a, T[] b) = Pairs<T>();
        Assert.Equal(a.Zip(b, (x, y) => holds(BigInteger.CreateChecked(x), BigInteger.CreateChecked(y))), Evaluation.Holds(mnemonic, a, b));
    }

    private static T[] Edges<T>()
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        T one = T.One, large = T.CreateTruncating(0x1234567890ABCDEF);
        return [T.Zero, one, one + one, one + one + one, ~T.Zero, ~one, T.MinValue, T.MinValue + one, T.MaxValue, T.MaxValue - one, large, T.Zero - large, T.CreateTruncating(0x10000), T.CreateTruncating(0xffff)];
    }

    private static (T[] First, T[] Second) Pairs<T>()
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        T[] edges = Edges<T>();
        return ([.. edges.SelectMany(_ => edges)], [.. edges.SelectMany(e => Enumerable.Repeat(e, edges.Length))]);
    }
}

using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>Products of tensor cores: every element of every fragment is where the ISA has it, and no lane may be absent.</summary>
[Trait("Speed", "Fast")]
public sealed class TensorProductTests
{
    private const string Tf32 = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", Bf16 = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32";

    [Fact]
    public void Tf32_product_is_the_dense_product_of_matrices_that_are_spread_as_the_ISA_says()
    {
        // Small integers: every sum is exact.
        float[,] a = Matrix(16, 8, 3), b = Matrix(8, 8, 5), c = Matrix(16, 8, 7);
        uint[] left = new uint[4 * 32], right = new uint[2 * 32];
        for (int lane = 0; lane < 32; lane++)
        {
            int group = lane >> 2, thread = lane & 3;
            for (int i = 0; i < 4; i++)
                left[i * 32 + lane] = Bits(a[i is 0 or 2 ? group : group + 8, i is 0 or 1 ? thread : thread + 4]);
            for (int i = 0; i < 2; i++)
                right[i * 32 + lane] = Bits(b[i == 0 ? thread : thread + 4, group]);
        }
        Assert.Equal(Spread(Dense(a, b, c)), Product(Tf32, left, right, Spread(c)));
    }

    [Fact]
    public void Bf16_product_is_the_dense_product_of_matrices_that_are_spread_as_the_ISA_says()
    {
        float[,] a = Matrix(16, 16, 3), b = Matrix(16, 8, 5), c = Matrix(16, 8, 7);
        uint[] left = new uint[4 * 32], right = new uint[2 * 32];
        for (int lane = 0; lane < 32; lane++)
        {
            int group = lane >> 2, thread = lane & 3;
            for (int i = 0; i < 8; i++)
            {
                int row = i is 0 or 1 or 4 or 5 ? group : group + 8, column = thread * 2 + (i & 1) + (i >= 4 ? 8 : 0);
                left[i / 2 * 32 + lane] |= Bits(a[row, column]) >> 16 << 16 * (i & 1);
            }
            for (int i = 0; i < 4; i++)
                right[i / 2 * 32 + lane] |= Bits(b[thread * 2 + (i & 1) + (i >= 2 ? 8 : 0), group]) >> 16 << 16 * (i & 1);
        }
        Assert.Equal(Spread(Dense(a, b, c)), Product(Bf16, left, right, Spread(c)));
    }

    [Fact]
    public void Tensor_cores_do_not_see_the_last_13_bits_of_tf32()
    {
        uint[] left = [.. Enumerable.Repeat(0x3f801fffu, 128)], right = [.. Enumerable.Repeat(0x3f800001u, 64)];
        Assert.Equal(Enumerable.Repeat(8f, 128), Product(Tf32, left, right, new float[128]));
    }

    [Theory]
    [InlineData(Tf32)]
    [InlineData(Bf16)]
    public void A_product_without_all_lanes_ends_the_launch(string mnemonic)
    {
        using Bench bench = new();
        string product = $"{mnemonic} {{f0, f1, f2, f3}}, {{r4, r5, r6, r7}}, {{r8, r9}}, {{f0, f1, f2, f3}};";
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel(product)));
        Assert.Equal(CudaResult.LaunchFailed, bench.Run(Bench.Kernel("setp.eq.u32 p1, r31, 3;\n@p1 ret;\n" + product)));
        Assert.Equal((Check.Uniformity, "a product of the whole warp is reached by lanes fffffff7 only"), (bench.Findings.All[^1].Check, Assert.Single(bench.Findings.All).What));
    }

    private static float[] Product(string mnemonic, uint[] a, uint[] b, float[] c)
    {
        using Bench bench = new();
        bench.Buffer(a);
        bench.Buffer(b);
        bench.Buffer(c);
        Allocation d = bench.Empty(4 * 128);
        static string All(string instruction, int count, Func<int, string> operands) => string.Join('\n', Enumerable.Range(0, count).Select(i => $"{instruction} {operands(i)};"));
        Assert.Equal(CudaResult.Success, bench.Run(Bench.Kernel($$"""
            mul.wide.u32 d4, r31, 4;
            add.u64 d5, d4, d0;
            add.u64 d6, d4, d1;
            add.u64 d7, d4, d2;
            add.u64 d8, d4, d3;
            {{All("ld.global.b32", 4, i => $"r{i}, [d5+{128 * i}]")}}
            {{All("ld.global.b32", 2, i => $"r{i + 4}, [d6+{128 * i}]")}}
            {{All("ld.global.f32", 4, i => $"f{i}, [d7+{128 * i}]")}}
            {{mnemonic}} {f4, f5, f6, f7}, {r0, r1, r2, r3}, {r4, r5}, {f0, f1, f2, f3};
            {{All("st.global.f32", 4, i => $"[d8+{128 * i}], f{i + 4}")}}
            """)));
        Assert.Empty(bench.Findings.All);
        return Bench.Read<float>(d);
    }

    private static uint Bits(float x) => BitConverter.SingleToUInt32Bits(x);

    private static float[,] Matrix(int rows, int columns, int seed)
    {
        float[,] m = new float[rows, columns];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                m[i, j] = (i * 7 + j * 11 + i * j * seed) % 13 - 6;
        return m;
    }

    private static float[,] Dense(float[,] a, float[,] b, float[,] c)
    {
        float[,] d = (float[,])c.Clone();
        for (int i = 0; i < 16; i++)
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < b.GetLength(0); k++)
                    d[i, j] += a[i, k] * b[k, j];
        return d;
    }

    // Fragments of C and D: one element of 32 lanes after the other.
    private static float[] Spread(float[,] c)
    {
        float[] fragments = new float[4 * 32];
        for (int i = 0; i < 4; i++)
            for (int lane = 0; lane < 32; lane++)
                fragments[i * 32 + lane] = c[(lane >> 2) + (i < 2 ? 0 : 8), (lane & 3) * 2 + (i & 1)];
        return fragments;
    }
}

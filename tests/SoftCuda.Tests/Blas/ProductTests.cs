using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Blas;
using GpuCtr.SoftCuda.Tests.Driver;

namespace GpuCtr.SoftCuda.Tests.Blas;

/// <summary>Products of the stand-in for cuBLAS against the formula in float64, and its rules.</summary>
[Collection(Cuda.Collection)]
[Trait("Speed", "Fast")]
public sealed unsafe class ProductTests
{
    private const int Success = 0, InvalidValue = 7, NotSupported = 15, Pedantic = 69, Tf32 = 77, Bf16 = 75;
    private static readonly nint library = NativeLibrary.Load("libcublas.so.13");

    [Theory]
    [InlineData(false, false, 1f, 0f)]
    [InlineData(true, false, 2f, 0f)]
    [InlineData(false, true, 1f, 1f)]
    [InlineData(true, true, -1f, 0.5f)]
    public void Product_is_that_of_the_formula_with_gaps_between_columns(bool transposesA, bool transposesB, float alpha, float beta)
    {
        using Cuda cuda = new();
        (int m, int n, int k) = (19, 5, 7);
        Random random = new(3);
        float[,] a = Random(random, transposesA ? k : m, transposesA ? m : k), b = Random(random, transposesB ? n : k, transposesB ? k : n), c = Random(random, m, n);
        (nint deviceA, nint deviceB, nint deviceC, nint handle) = (Upload(a, 2), Upload(b, 1), Upload(c, 3), Handle());

        Assert.Equal(Success, Multiply(handle, transposesA, transposesB, (m, n, k), alpha, deviceA, a.GetLength(0) + 2, deviceB, b.GetLength(0) + 1, beta, deviceC, m + 3));
        float[] read = Download(deviceC, (m + 3) * n - 3);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int l = 0; l < k; l++)
                    sum += (double)(transposesA ? a[l, i] : a[i, l]) * (transposesB ? b[j, l] : b[l, j]);
                Assert.Equal(alpha * sum + beta * c[i, j], read[j * (m + 3) + i], 1e-5);
            }
        Assert.Equal(float.NaN, read[m]);
        cuda.Clean();
    }

    [Fact]
    public void With_beta_0_what_C_held_is_not_read()
    {
        using Cuda cuda = new();
        nint one = Upload(new float[,] { { 3 } }, 0), handle = Handle(), c = Cuda.Allocate(4);
        Assert.Equal(Success, Multiply(handle, false, false, (1, 1, 1), 1, one, 1, one, 1, 0, c, 1));
        Assert.Equal(9, Download(c, 1)[0]);
        cuda.Clean();
        Assert.Equal(Success, Multiply(handle, false, false, (1, 1, 1), 1, one, 1, one, 1, 1, Cuda.Allocate(4), 1));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        Finding found = Assert.Single(cuda.Findings);
        Assert.Equal((Check.Uninitialized, "cublasGemmEx of 1×1×1"), (found.Check, found.Where));
    }

    // 1 + 2⁻¹¹ is half way between two values of tf32 (2⁻¹⁰ apart): away from zero. 1 + 2⁻⁸ is half way for bf16 (2⁻⁷ apart): to even.
    [Theory]
    [InlineData(Pedantic, 1.00048828125f, 1.00048828125f)]
    [InlineData(Tf32, 1.00048828125f, 1.0009765625f)]
    [InlineData(Tf32, -1.00048828125f, -1.0009765625f)]
    [InlineData(Tf32, 1.0004882f, 1f)]
    [InlineData(Bf16, 1.00390625f, 1f)]
    [InlineData(Bf16, 1.01171875f, 1.015625f)]
    [InlineData(Bf16, float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(Tf32, float.NaN, float.NaN)]
    public void Factors_are_rounded_as_the_compute_type_says(int computeType, float factor, float rounded)
    {
        using Cuda cuda = new();
        nint a = Upload(new[,] { { factor } }, 0), b = Upload(new float[,] { { 1 } }, 0), c = Cuda.Allocate(4);
        Assert.Equal(Success, Multiply(Handle(), false, false, (1, 1, 1), 1, a, 1, b, 1, 0, c, 1, computeType));
        Assert.Equal(rounded, Download(c, 1)[0]);
        cuda.Clean();
    }

    [Fact]
    public void Matrix_that_ends_behind_its_buffer_is_refused()
    {
        using Cuda cuda = new();
        nint a = Upload(new float[3, 3], 0), c = Cuda.Allocate(36), handle = Handle();
        Assert.Equal(Success, Multiply(handle, false, false, (3, 3, 3), 1, a, 3, a, 3, 0, c, 3));
        cuda.Clean();
        Assert.Equal(InvalidValue, Multiply(handle, false, false, (3, 3, 3), 1, a, 4, a, 3, 0, c, 3));
        Assert.Equal(Check.Bounds, Assert.Single(cuda.Findings).Check);
        Assert.Equal(InvalidValue, Multiply(handle, false, false, (3, 3, 3), 1, a, 2, a, 3, 0, c, 3));
        Cuda.Ok(Cuda.Call("cuMemFree_v2", a));
        Assert.Equal(InvalidValue, Multiply(handle, false, false, (3, 3, 3), 1, a, 3, a, 3, 0, c, 3));
        Assert.Equal(Check.Stale, cuda.Findings[^1].Check);
    }

    [Fact]
    public void Stream_that_is_set_after_the_workspace_takes_it_back()
    {
        using Cuda cuda = new();
        nint one = Upload(new float[,] { { 1 } }, 0), c = Cuda.Allocate(4), handle = Handle(), stream = Cuda.NewStream(), workspace = Cuda.Allocate(1024);
        Assert.Equal(Success, Call("cublasSetStream_v2", handle, stream));
        Assert.Equal(Success, Call("cublasSetWorkspace_v2", handle, workspace, 1024));
        Assert.Equal(Success, Multiply(handle, false, false, (1, 1, 1), 1, one, 1, one, 1, 0, c, 1));
        cuda.Clean();
        Assert.Equal(Success, Call("cublasSetStream_v2", handle, stream));
        Assert.Equal(InvalidValue, Multiply(handle, false, false, (1, 1, 1), 1, one, 1, one, 1, 0, c, 1));
        Assert.Contains("takes the workspace back", Assert.Single(cuda.Findings).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Product_runs_on_the_stream_of_its_handle()
    {
        using Cuda cuda = new();
        nint a = Upload(new float[,] { { 1 } }, 0), c = Cuda.Allocate(4), handle = Handle(), stream = Cuda.NewStream();
        Assert.Equal(Success, Call("cublasSetStream_v2", handle, stream));
        Cuda.Ok(Cuda.Fill(a, 0, 4, stream));
        Assert.Equal(Success, Multiply(handle, false, false, (1, 1, 1), 1, a, 1, a, 1, 0, c, 1));
        Assert.Equal(0, BitConverter.ToSingle(Cuda.Read(c, 4, stream)));
        cuda.Clean();
        Assert.Equal(Success, Multiply(handle, false, false, (1, 1, 1), 1, a, 1, a, 1, 0, c, 1));
        Cuda.Ok(Cuda.Fill(a, 1, 4, Cuda.NewStream()));
        Cuda.Ok(Cuda.Call("cuCtxSynchronize"));
        Assert.Equal(Check.Race, Assert.Single(cuda.Findings).Check);
    }

    [Fact]
    public void Types_that_the_machine_does_not_multiply_are_refused()
    {
        using Cuda cuda = new();
        nint a = Upload(new float[,] { { 1 } }, 0);
        Assert.Equal(NotSupported, Multiply(Handle(), false, false, (1, 1, 1), 1, a, 1, a, 1, 0, a, 1, computeType: 64));
        Assert.Contains("compute type 64", Assert.Single(cuda.Findings).What, StringComparison.Ordinal);
        Assert.Equal(1, Call("cublasSetStream_v2", 99, 0));
    }

    [Fact]
    public void Rounding_to_nearest_is_that_of_every_value_in_a_range()
    {
        for (uint bits = 0x3F7F_0000; bits < 0x3F82_0000; bits += 7)
        {
            float value = BitConverter.UInt32BitsToSingle(bits);
            double tf32 = Math.Round(value * 1024 * (value < 1 ? 2 : 1), MidpointRounding.AwayFromZero) / 1024 / (value < 1 ? 2 : 1);
            double bf16 = Math.Round(value * 128 * (value < 1 ? 2.0 : 1), MidpointRounding.ToEven) / 128 / (value < 1 ? 2 : 1);
            Assert.Equal((float)tf32, Rounding.Tf32.Apply(value));
            Assert.Equal((float)bf16, Rounding.Bf16.Apply(value));
        }
    }

    private static nint Handle()
    {
        nint made = 0;
        Assert.Equal(Success, Call("cublasCreate_v2", (nint)(&made)));
        return made;
    }

    private static int Call(string name, nint a, nint b = 0, nint c = 0) => ((delegate* unmanaged<nint, nint, nint, int>)NativeLibrary.GetExport(library, name))(a, b, c);

    private static int Multiply(
        nint handle, bool transposesA, bool transposesB, (int M, int N, int K) sizes, float alpha, nint a, int ldA, nint b, int ldB, float beta, nint c, int ldC, int computeType = Pedantic) =>
        ((delegate* unmanaged<nint, int, int, int, int, int, float*, nint, int, int, nint, int, int, float*, nint, int, int, int, int, int>)NativeLibrary.GetExport(library, "cublasGemmEx"))(
            handle, transposesA ? 1 : 0, transposesB ? 1 : 0, sizes.M, sizes.N, sizes.K, &alpha, a, 0, ldA, b, 0, ldB, &beta, c, 0, ldC, computeType, -1);

    private static float[,] Random(Random random, int rows, int columns)
    {
        float[,] made = new float[rows, columns];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                made[i, j] = random.NextSingle() - 0.5f;
        return made;
    }

    /// <summary>A matrix on the device, column after column, with NaN in the gaps between columns.</summary>
    private static nint Upload(float[,] matrix, int gap)
    {
        (int rows, int columns) = (matrix.GetLength(0), matrix.GetLength(1));
        float[] all = new float[(rows + gap) * columns];
        Array.Fill(all, float.NaN);
        for (int j = 0; j < columns; j++)
            for (int i = 0; i < rows; i++)
                all[j * (rows + gap) + i] = matrix[i, j];
        nint made = Cuda.Allocate(all.Length * 4);
        fixed (float* source = all)
            Cuda.Ok(Cuda.Copy(made, (nint)source, all.Length * 4));
        Cuda.Ok(Cuda.Synchronize());
        return made;
    }

    private static float[] Download(nint source, int count) => MemoryMarshal.Cast<byte, float>(Cuda.Read(source, count * 4)).ToArray();
}

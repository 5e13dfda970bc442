using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime.OpenCL;

namespace GpuCtr.Kernels.Tests.Devices;

/// <summary>The driver finds compiled programs by their source.</summary>
public sealed class OpenClKernelsTests
{
    [Fact]
    public void Numbers_of_names_count_from_0_and_stay_apart() => Assert.Equal(
        "struct type_0 { int field_1; type_2 *field_0; }; L_2_1: var17 = _a_0;",
        OpenClKernels.Renumber("struct type_970 { int field_0; type_12 *field_970; }; L_12_0: var17 = _a_970;"));

    [SkippableFact]
    public void Program_of_a_kernel_does_not_depend_on_what_was_compiled_before()
    {
        string first = Source(SumKernel);
        Assert.NotEqual(first, Source(ScaleKernel));
        Assert.Equal(first, Source(SumKernel));
    }

    /// <summary>As a device that was just opened translates it.</summary>
    private static string Source(Action<Args> kernel)
    {
        Skip.If(TestDevices.Find("opencl") is null, "no OpenCL device on this machine");
        using Device device = Device.Open("opencl");
        return OpenClKernels.Compile(((CLAccelerator)device.Accelerator).Backend, kernel.Method).Source;
    }

    private readonly record struct Args(ArrayView<float> X, ArrayView<Float4> Y, int N);

    private static void SumKernel(Args a)
    {
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(64);
        for (long i = Grid.GlobalLinearIndex; i < a.N; i += GridLoop.Stride)
            shared[Group.IdxX] = shared[Group.IdxX].Add(a.X[i], a.Y[i]);
        Group.Barrier();
        a.Y[Grid.GlobalLinearIndex] = shared[63 - Group.IdxX];
    }

    private static void ScaleKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.N; i += GridLoop.Stride)
            a.X[i] *= 2;
    }
}

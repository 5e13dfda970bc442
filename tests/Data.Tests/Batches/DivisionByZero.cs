using GpuCtr.Kernels.Devices;

namespace GpuCtr.Data.Tests.Batches;

public sealed class DivisionByZero
{
    /// <summary>PoCL's own handler of a division by zero would end the process, and Parquet files with zero-bit indices cause one.</summary>
    [Fact]
    public void Division_by_zero_is_an_exception_after_opencl_was_loaded()
    {
        DeviceCatalog.List();
        Assert.Throws<DivideByZeroException>(() => Divide(8, int.Parse("0")));
    }

    private static int Divide(int a, int b) => a / b;
}

using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Tests;

public sealed class AssemblyReferences
{
    [Fact]
    public void Kernels_reference_nothing_of_ours() =>
        Assert.DoesNotContain(typeof(Device).Assembly.GetReferencedAssemblies(), r => r.Name!.StartsWith("GpuCtr", StringComparison.OrdinalIgnoreCase) || r.Name == "gpu-ctr");
}

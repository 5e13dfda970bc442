namespace GpuCtr.Models.Tests;

public sealed class AssemblyReferences
{
    [Fact]
    public void Models_reference_only_the_kernels_of_ours() =>
        Assert.Equal(["GpuCtr.Kernels"], typeof(TrainableModel).Assembly.GetReferencedAssemblies().Select(r => r.Name!).Where(n => n.StartsWith("GpuCtr", StringComparison.OrdinalIgnoreCase) || n == "gpu-ctr"));
}

using System.Text;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>docs/op-cases.md: how many cases of every op are run on which device.</summary>
internal static class OpCaseList
{
    public static string Path => Repository.File("docs", "op-cases.md");

    public static string Text()
    {
        StringBuilder text = new($"""
            # Op cases

            Every op at every shape that is checked: outputs against a float64 reference, gradients against finite differences of it, memory that starts as NaN, inputs and rows behind the batch left alone, the same bits in a second run. {OpTable.Cases.Count} cases; the table counts those that the tests run on each device. `cpu simd` is what trains without a GPU; `tiled` are kernels for GPUs, `tf32` and `bf16` those with a stand-in for tensor cores, `library` those with a scalar stand-in for cuBLAS: a case is run there where it launches other kernels than on the device before. `opencl` is PoCL, which takes minutes to compile the stand-in of tensor cores for more than the linear layer. `gpu-ctr verify` runs all cases on yours. A test fails when this table is not that of the tests; `GPU_CTR_WRITE_TABLES=1 dotnet test tests/Kernels.Tests --filter OpCaseListTests` writes it again.

            | op | {string.Join(" | ", TestDevices.OfOps.Select(d => d.Name))} |
            |{string.Concat(Enumerable.Repeat("---|", TestDevices.OfOps.Count + 1))}

            """);
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.GroupBy(c => c.Op))
            text.Append($"| {op.Key} | {string.Join(" | ", TestDevices.OfOps.Select(d => op.Count(c => CaseDevices.Runs(c, d)) is > 0 and int n ? $"{n}" : "–"))} |\n");
        return text.ToString().ReplaceLineEndings("\n");
    }
}

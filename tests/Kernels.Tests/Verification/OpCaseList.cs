using System.Text;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>docs/op-cases.md: how many cases of every op are run on which variant.</summary>
internal static class OpCaseList
{
    public static string Path => Repository.File("docs", "op-cases.md");

    public static string Text()
    {
        StringBuilder text = new($"""
            # Op cases

            Every op at every shape that is checked: outputs against a float64 reference, gradients against finite differences of it, memory that starts as NaN, inputs and rows behind the batch left alone, the same bits in a second run. {OpTable.Cases.Count} cases; the table counts those that the tests run with each variant. `simd` is what trains without a GPU. `portable` kernels run on the CPU and on OpenCL. The others are kernels for GPUs, and a case is run with them where it launches other kernels than with `portable` or `tiled`: `tiled` in fast memory, `library` with a scalar stand-in for cuBLAS, `tf32` and `bf16` with one for tensor cores. They run on OpenCL, and on simulated groups of threads where there is none; on tensor cores, products whose factors are computed on their way, as those of attention are, run on the CUDA machine in software, with the instructions themselves. `gpu-ctr verify` runs all cases on your device. A test fails when this table is not that of the tests; `GPU_CTR_WRITE_TABLES=1 dotnet test tests/Kernels.Tests --filter OpCaseListTests` writes it again.

            | op | {string.Join(" | ", CaseVariant.All.Select(v => v.Name))} |
            |{string.Concat(Enumerable.Repeat("---|", CaseVariant.All.Count + 1))}

            """);
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.GroupBy(c => c.Op))
            text.Append($"| {op.Key} | {string.Join(" | ", CaseVariant.All.Select(v => op.Count(v.Runs) is > 0 and int n ? $"{n}" : "–"))} |\n");
        return text.ToString().ReplaceLineEndings("\n");
    }
}

using System.Text;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>docs/op-cases.md: every op case, and the variants that pass it.</summary>
internal static class OpCaseList
{
    public static string Path => System.IO.Path.Combine(Repository.Root, "docs", "op-cases.md");

    /// <summary>The list where <paramref name="passes"/> says whether a case passes on a device of <see cref="TestDevices"/>.</summary>
    public static string Text(Func<OpCase, string, bool> passes)
    {
        string[] devices = [.. TestDevices.OfOps];
        // By name: a case that has run knows its expectation and is another one then.
        Dictionary<(string, string), bool> marks = OpTable.Cases.SelectMany(c => devices.Select(d => (c, d))).ToDictionary(key => ($"{key.c}", key.d), key => passes(key.c, key.d));
        StringBuilder text = new($"""
            # Op cases

            Every op at every shape that is checked, and the variants that pass: outputs against a float64 reference, gradients against finite differences of it, memory that starts as NaN, inputs and rows behind the batch left alone, the same bits in a second run. {OpTable.Cases.Count} cases. The tests run all of them on every device that is there (`cpu simd` is what trains without a GPU; `cpu library` has a scalar stand-in in the place of cuBLAS, which the linear layer alone uses; `tiled` are ops with kernels of their own for GPUs; `opencl` was PoCL, which takes minutes to compile the stand-in of tensor cores for more than the linear layer); `gpu-ctr verify` runs them on yours. A test fails when this list is not that of the tests; `GPU_CTR_WRITE_TABLES=1 dotnet test tests/Kernels.Tests --filter OpCaseListTests` runs everything and writes it again.

            | op | {string.Join(" | ", devices)} |
            |{string.Concat(Enumerable.Repeat("---|", devices.Length + 1))}

            """);
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.GroupBy(c => c.Op))
            text.Append($"| {op.Key} | {string.Join(" | ", devices.Select(d => op.Count(c => marks[($"{c}", d)]) is > 0 and int n ? $"{n}" : "–"))} |\n");
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.GroupBy(c => c.Op))
        {
            text.Append($"\n## {op.Key}\n\n| shape | {string.Join(" | ", devices)} |\n|{string.Concat(Enumerable.Repeat("---|", devices.Length + 1))}\n");
            foreach (OpCase c in op)
                text.Append($"| {c.Shape} | {string.Join(" | ", devices.Select(d => marks[($"{c}", d)] ? "✓" : "–"))} |\n");
        }
        return text.ToString().ReplaceLineEndings("\n");
    }
}

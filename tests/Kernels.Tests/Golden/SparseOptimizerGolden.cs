using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>LookupSorter, TableGradient and RowUpdate or RowwiseAdagrad together against PyTorch's and FBGEMM's sparse optimizers, with repeated ids.</summary>
public sealed class SparseOptimizerGolden
{
    public static TheoryData<string, string> Cases => TestDevices.Times(GoldenFile.Of("sparse_optimizer"));

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Update_of_rows_follows_pytorch_for_three_steps(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        Skip.If(name.EndsWith("_eps_outside", StringComparison.Ordinal), "rows present move as in PyTorch's SparseAdam here, with ε beside the uncorrected √v");
        UpdateRule rule = GoldenRule.Of(golden);
        int[] shape = golden.Shape("parameters", "w");
        int count = golden.Input("ids_1").Length;
        using Workspace workspace = new(device);
        Tensor table = workspace.Tensor("w", shape[0], shape[1]), guard = workspace.Tensor("guard", 1, 4);
        Tensor byPosition = workspace.Tensor("by position", count, shape[1]), compact = workspace.Tensor("by row", count, shape[1]);
        DeviceArray<StepScalars> scalars = workspace.Array<StepScalars>("scalars", 1);
        SortedLookups positions = new(workspace, count);
        TableGradient gradient = new(workspace, table, byPosition, compact, positions, compact: true, l2: 0);
        ITableUpdate update = rule.IsRowwise
            ? new RowwiseAdagrad(workspace, table, compact, positions, rule, 0, scalars, guard)
            : new RowUpdate(workspace, table, compact, positions, rule, scalars, guard);
        workspace.Allocate();
        guard.Write(device, [1f]);
        table.Write(device, golden.Parameter("w").ToFloats());
        (string File, Tensor Tensor)[] states = rule.Kind != OptimizerKind.Adam ? [("s", update.State.Square)] : [("m", update.State.Mean), ("v", update.State.Square)];
        foreach ((string file, Tensor tensor) in states.Where(s => golden.Has("parameters", s.File)))
            tensor.Write(device, golden.Parameter(file).ToFloats());
        for (int step = 1; step <= 3; step++)
        {
            byPosition.Write(device, golden.Input($"grad_{step}").ToFloats());
            Sort(device, positions, golden.Input($"ids_{step}"), shape[0]);
            scalars.Write(device, [rule.Scalars(step, golden.Config("lr"), lazyTables: true)]);
            gradient.Run();
            update.Run();
            Close.Assert(golden.Expected($"w_after_{step}"), table.ToArray(device), $"{name} w after {step}", absolute: 2e-6);
            foreach ((string file, Tensor tensor) in states.Where(s => golden.Has("expected", $"{s.File}_after_{step}")))
                Close.Assert(golden.Expected($"{file}_after_{step}"), tensor.ToArray(device), $"{name} {file} after {step}", absolute: 1e-6);
        }
    }

    private static void Sort(Device device, SortedLookups positions, double[] ids, int tableRows)
    {
        LookupSorter sorter = new(ids.Length);
        for (int i = 0; i < ids.Length; i++)
            sorter.Add((int)ids[i], i);
        positions.Write(device, sorter, tableRows);
    }
}

using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>Mini-batch aware regularization in TableGradient against float64 libtorch: once a row, however often it occurs.</summary>
public sealed class RegularizationGolden
{
    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            TheoryData<string, string, bool> cases = [];
            foreach (string device in TestDevices.Names)
                foreach (string name in GoldenFile.Of("mba_regularization"))
                    foreach (bool compact in new[] { false, true })
                        cases.Add(device, name, compact);
            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Rows_of_the_batch_decay_by_their_rate(string deviceName, string name, bool compact)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        int[] shape = golden.Shape("parameters", "w"), ids = golden.Input("batch_ids").Select(x => (int)x).ToArray();
        using Workspace workspace = new(device);
        Tensor table = workspace.Tensor("w", shape[0], shape[1]), rates = workspace.Tensor("rates", shape[0], 1);
        Tensor byPosition = workspace.Tensor("by position", ids.Length, shape[1]);
        Tensor target = workspace.Tensor("gradient", compact ? ids.Length : shape[0], shape[1]);
        SortedLookups positions = new(workspace, ids.Length);
        TableGradient plain = new(workspace, table, byPosition, target, positions, compact, l2: 0);
        TableGradient regularized = new(workspace, table, byPosition, target, positions, compact, l2: 0, rates);
        workspace.Allocate();
        table.Write(device, golden.Parameter("w").ToFloats());
        rates.Write(device, golden.Input("counts").Select(n => golden.Config("lambda") / n).ToArray().ToFloats());
        byPosition.Write(device, golden.Input("row_grad_per_occurrence").ToFloats());
        int[] rows = Sort(device, positions, ids, shape[0]);

        plain.Run();
        Close.Assert(golden.Expected("data_grad"), Whole(target.ToArray(device)), "gradient of the data");
        regularized.Run();
        float[] gradient = Whole(target.ToArray(device));
        Close.Assert(golden.Expected("grad"), gradient, "gradient");
        float[] after = golden.Parameter("w").Select((w, i) => (float)(w - golden.Config("lr") * gradient[i])).ToArray();
        Close.Assert(golden.Expected("w_after_sgd"), after, "w after a step of SGD");

        float[] Whole(float[] values)
        {
            if (!compact)
                return values;
            float[] whole = new float[shape[0] * shape[1]];
            for (int segment = 0; segment < positions.Segments; segment++)
                values.AsSpan(segment * shape[1], shape[1]).CopyTo(whole.AsSpan(rows[segment] * shape[1]));
            return whole;
        }
    }

    private static int[] Sort(Device device, SortedLookups positions, int[] ids, int tableRows)
    {
        LookupSorter sorter = new(ids.Length);
        for (int i = 0; i < ids.Length; i++)
            sorter.Add(ids[i], i);
        return positions.Write(device, sorter, tableRows);
    }
}

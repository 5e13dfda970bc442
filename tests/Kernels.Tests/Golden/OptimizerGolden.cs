using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>DenseUpdate against three consecutive steps of PyTorch's optimizers, and of FTRL, in float64; RowwiseAdagrad on all rows.</summary>
public sealed class OptimizerGolden
{
    [Fact]
    public void Row_wise_adagrad_is_adagrad_on_single_weights_in_tables_with_its_own_epsilon_elsewhere_with_pytorchs()
    {
        UpdateRule rowwise = UpdateRule.Of(OptimizerKind.RowwiseAdagrad), adagrad = UpdateRule.Of(OptimizerKind.Adagrad);
        Assert.Equal((1e-8f, 1e-10f), (rowwise.Epsilon, adagrad.Epsilon));
        Assert.Equal(adagrad with { Epsilon = 1e-8f }, rowwise.OfOneColumn);
        Assert.Equal(adagrad, rowwise.OfDense);
        UpdateRule adam = UpdateRule.Of(OptimizerKind.Adam);
        Assert.Equal((adam, adam), (adam.OfOneColumn, adam.OfDense));
        Assert.Equal((0.9f, 0.999f, 1e-8f), (adam.Beta1, adam.Beta2, adam.Epsilon));
    }

    public static TheoryData<string, string> Cases => TestDevices.Times(GoldenFile.Of("optimizer"));

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Update_of_all_weights_follows_pytorch_for_three_steps(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        UpdateRule rule = GoldenRule.Of(golden);
        double decay = rule.Kind == OptimizerKind.AdamW ? 0 : golden.Config("weight_decay", otherwise: 0);
        int[] shape = golden.Shape("parameters", "w");
        using Workspace workspace = new(device);
        Tensor weights = workspace.Tensor("w", shape[0], shape[1], gradient: true), guard = workspace.Tensor("guard", 1, 4);
        DeviceArray<StepScalars> scalars = workspace.Array<StepScalars>("scalars", 1);
        ITableUpdate update = rule.IsRowwise
            ? new RowwiseAdagrad(workspace, weights, weights.Gradient!, null, rule, (float)decay, scalars, guard)
            : new DenseUpdate(workspace, weights, rule, (float)decay, weights.Length, isTable: false, scalars, guard);
        workspace.Allocate();
        guard.Write(device, [1f]);
        weights.Write(device, golden.Parameter("w").ToFloats());
        (string File, Tensor Tensor)[] states = rule.Kind switch
        {
            OptimizerKind.Sgd => [("buf", update.State.Mean)],
            OptimizerKind.Adagrad or OptimizerKind.RowwiseAdagrad => [("s", update.State.Square)],
            OptimizerKind.Ftrl => [("z", update.State.Mean), ("n", update.State.Square)],
            _ => [("m", update.State.Mean), ("v", update.State.Square)],
        };
        foreach ((string file, Tensor tensor) in states.Where(s => golden.Has("parameters", s.File)))
            tensor.Write(device, golden.Parameter(file).ToFloats());
        float[] gradients = golden.Input("grads").ToFloats();
        for (int step = 0; step < 3; step++)
        {
            weights.Gradient!.Write(device, gradients.AsSpan(step * (int)weights.Length, (int)weights.Length));
            scalars.Write(device, [rule.Scalars((int)golden.Config("first_step_number") + step, golden.Config("lr", otherwise: 0), lazyTables: false)]);
            update.Run();
            Close.Assert(golden.Expected($"w_after_{step + 1}"), weights.ToArray(device), $"{name} w after {step + 1}", absolute: 2e-6);
            foreach ((string file, Tensor tensor) in states.Where(s => golden.Has("expected", $"{s.File}_after_{step + 1}")))
                Close.Assert(golden.Expected($"{file}_after_{step + 1}"), tensor.ToArray(device), $"{name} {file} after {step + 1}", absolute: 1e-6);
        }
    }
}

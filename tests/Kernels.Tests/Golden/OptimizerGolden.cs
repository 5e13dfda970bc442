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
    }

    public static TheoryData<string, string> Cases =>
        TestDevices.Times("opt_sgd", "opt_sgd_momentum", "opt_adagrad", "opt_rowwise_adagrad", "opt_adam", "opt_adam_l2", "opt_adam_warm", "opt_adamw", "opt_ftrl");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Update_of_all_weights_follows_pytorch_for_three_steps(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        double decay = golden.Has("config", "weight_decay") ? golden.Config("weight_decay") : 0;
        UpdateRule rule = UpdateRule.Of(name switch
        {
            "opt_sgd" or "opt_sgd_momentum" => OptimizerKind.Sgd,
            "opt_adagrad" => OptimizerKind.Adagrad,
            "opt_rowwise_adagrad" => OptimizerKind.RowwiseAdagrad,
            "opt_adamw" => OptimizerKind.AdamW,
            "opt_ftrl" => OptimizerKind.Ftrl,
            _ => OptimizerKind.Adam,
        }, golden.Has("config", "momentum") ? (float)golden.Config("momentum") : 0);
        if (rule.Kind == OptimizerKind.Ftrl)
            rule = rule with { Alpha = (float)golden.Config("alpha"), Beta = (float)golden.Config("beta"), L1 = (float)golden.Config("l1"), L2 = (float)golden.Config("l2") };
        Assert.True(rule.Kind is OptimizerKind.Sgd or OptimizerKind.Ftrl || rule.Epsilon == (float)golden.Config("eps"));
        if (rule.Kind == OptimizerKind.AdamW)
            (rule, decay) = (rule with { WeightDecay = (float)decay }, 0);
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
            scalars.Write(device, [rule.Scalars((int)golden.Config("first_step_number") + step, golden.Has("config", "lr") ? golden.Config("lr") : 0, lazyTables: false)]);
            update.Run();
            Close.Assert(golden.Expected($"w_after_{step + 1}"), weights.ToArray(device), $"{name} w after {step + 1}", absolute: 2e-6);
            foreach ((string file, Tensor tensor) in states.Where(s => golden.Has("expected", $"{s.File}_after_{step + 1}")))
                Close.Assert(golden.Expected($"{file}_after_{step + 1}"), tensor.ToArray(device), $"{name} {file} after {step + 1}", absolute: 1e-6);
        }
    }
}

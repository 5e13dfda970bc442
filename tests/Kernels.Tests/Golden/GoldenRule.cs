using GpuCtr.Kernels.Optimizers;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>The optimizer of a golden file: its formula is in the name, its constants are in the configuration.</summary>
internal static class GoldenRule
{
    // The first that the name contains.
    private static readonly (string Word, OptimizerKind Kind)[] kinds =
    [
        ("sgd", OptimizerKind.Sgd), ("rowwise_adagrad", OptimizerKind.RowwiseAdagrad), ("adagrad", OptimizerKind.Adagrad),
        ("adamw", OptimizerKind.AdamW), ("adam", OptimizerKind.Adam), ("ftrl", OptimizerKind.Ftrl),
    ];

    public static UpdateRule Of(GoldenFile file)
    {
        UpdateRule rule = UpdateRule.Of(kinds.First(k => file.Name.Contains(k.Word, StringComparison.Ordinal)).Kind);
        float Constant(string name, float otherwise) => (float)file.Config(name, otherwise);
        return rule with
        {
            Beta1 = Constant("beta1", rule.Beta1),
            Beta2 = Constant("beta2", rule.Beta2),
            Epsilon = Constant("eps", rule.Epsilon),
            Momentum = Constant("momentum", rule.Momentum),
            WeightDecay = rule.Kind == OptimizerKind.AdamW ? Constant("weight_decay", 0) : 0,
            Alpha = Constant("alpha", rule.Alpha),
            Beta = Constant("beta", rule.Beta),
            L1 = Constant("l1", rule.L1),
            L2 = Constant("l2", rule.L2),
        };
    }
}

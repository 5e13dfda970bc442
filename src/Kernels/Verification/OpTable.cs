namespace GpuCtr.Kernels.Verification;

/// <summary>Every op at every shape that is checked on every device.</summary>
public static class OpTable
{
    /// <summary>All cases; those of one op together.</summary>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        .. LinearCases.All(), .. AddCases.All(), .. ConcatCases.All(), .. BatchNormCases.All(), .. DropoutCases.All(), .. ActivationCases.All(), .. DiceCases.All(), .. DiceGateCases.All(), .. FeatureNormCases.All(), .. LayerNormCases.All(),
        .. EmbeddingFmCases.All(), .. FieldBiasCases.All(), .. CrossCases.All(), .. PairCases.All(), .. FieldAwarePairCases.All(), .. SequencePoolingCases.All(), .. AttentionCases.All(), .. TargetProductCases.All(), .. SequenceCases.All(), .. MultiHeadAttentionCases.All(), .. TableGradientCases.All(), .. RowUpdateCases.All(), .. RowwiseAdagradCases.All(), .. DeferredRowUpdateCases.All(), .. UpdateLogCases.All(),
        .. BinaryCrossEntropyCases.All(), .. DenseUpdateCases.All(), .. GradientGuardCases.All(), .. GemmCases.All(),
    ];
}

namespace GpuCtr.Kernels.Verification;

/// <summary>Every op at every shape that is checked on every device.</summary>
public static class OpTable
{
    /// <summary>Layers, and the ops between them.</summary>
    public static IReadOnlyList<OpCase> Dense { get; } =
    [
        .. LinearCases.All(), .. AddCases.All(), .. ConcatCases.All(), .. ReshapeCases.All(), .. BatchNormCases.All(), .. DropoutCases.All(), .. ActivationCases.All(), .. DiceCases.All(), .. DiceGateCases.All(),
        .. FeatureNormCases.All(), .. LayerNormCases.All(), .. GemmCases.All(),
    ];

    /// <summary>Tables: lookups, their gradients and the updates of rows.</summary>
    public static IReadOnlyList<OpCase> Embedding { get; } =
    [
        .. EmbeddingFmCases.All(), .. FieldBiasCases.All(), .. SequencePoolingCases.All(), .. TableGradientCases.All(), .. FrozenRowsCases.All(), .. RowUpdateCases.All(), .. RowwiseAdagradCases.All(),
        .. DeferredRowUpdateCases.All(), .. UpdateLogCases.All(),
    ];

    /// <summary>Ops over behaviour histories.</summary>
    public static IReadOnlyList<OpCase> Attention { get; } =
        [.. AttentionCases.All(), .. TargetProductCases.All(), .. SequenceCases.All(), .. PositionEmbeddingCases.All(), .. MultiHeadAttentionCases.All()];

    /// <summary>Recurrence over behaviour histories, and its auxiliary loss.</summary>
    public static IReadOnlyList<OpCase> Recurrent { get; } = [.. GruCases.All(), .. PositionCases.All(), .. NextItemCases.All()];

    /// <summary>Interactions of fields, the loss, and the update of dense weights.</summary>
    public static IReadOnlyList<OpCase> Rest { get; } =
        [.. CrossCases.All(), .. FeatureGateCases.All(), .. CompressedInteractionCases.All(), .. SumPoolingCases.All(), .. PairCases.All(), .. FieldAwarePairCases.All(), .. PairWeightCases.All(), .. BinaryCrossEntropyCases.All(), .. SoftmaxCrossEntropyCases.All(), .. SampledSoftmaxCases.All(), .. RankingCases.All(), .. ListCrossEntropyCases.All(), .. DenseUpdateCases.All(), .. GradientGuardCases.All()];

    /// <summary>All cases; those of one op together.</summary>
    public static IReadOnlyList<OpCase> Cases { get; } = [.. Dense, .. Embedding, .. Attention, .. Recurrent, .. Rest];
}

using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;

namespace GpuCtr.Models;

/// <content>Which options do not fit together.</content>
public sealed partial record ModelOptions
{
    /// <summary>A message about options that contradict each other; null if none do.</summary>
    public string? Contradiction() =>
        NegativeSampling < 1 && ModelCatalog.Names.Contains(Model) && ModelCatalog.RanksLists(Model)
            ? $"--negative-sampling leaves rows out, and {Model} ranks whole lists: leave it out" :
        EmbeddingL2Scope == L2Scope.Full && EmbeddingUpdate != EmbeddingUpdate.Dense
            ? $"--embedding-l2-scope full needs --embedding-update dense, not {EmbeddingUpdate.ToString().ToLowerInvariant()}: L2 on whole tables gives rows outside the batch a gradient"
        : Momentum > 0 && Optimizer != OptimizerKind.Sgd
            ? FormattableString.Invariant($"--momentum {Momentum} needs --optimizer sgd, and this run uses {Optimizer.ToString().ToLowerInvariant()}: add --optimizer sgd, or leave --momentum out")
        : Freeze.Count > 0 && (Optimizer == OptimizerKind.AdamW || (EmbeddingL2Scope == L2Scope.Full && EmbeddingL2 > 0))
            ? $"--freeze: {(EmbeddingL2Scope == L2Scope.Full ? "--embedding-l2-scope full" : "--optimizer adamw")} makes the weights of all rows smaller, frozen or not; leave one of them out"
        : ColumnDim.Count > 0 && ModelCatalog.Names.Contains(Model) && ModelCatalog.Of(Model).OneWidth is { } reason
            ? $"--column-dim: {Model} {reason}; leave it out, or take one of {string.Join(", ", ModelCatalog.OfSeveralWidths)}"
        : ColumnDim.Count > 0 && FirstOrder == FirstOrders.Vectors && Model == WideDeep.Entry.Name
            ? "--column-dim: this variant reads its first order from vectors of one width; leave one of them out"
        : ColumnDim.FirstOrDefault(w => w.Width % EmbeddingDim != 0) is { } uneven
            ? $"--column-dim {uneven}: widths are multiples of --embedding-dim, {EmbeddingDim}, which all other columns have: take {Math.Max(1, uneven.Width / EmbeddingDim) * EmbeddingDim} or {(uneven.Width / EmbeddingDim + 1) * EmbeddingDim}, or a smaller --embedding-dim"
        : MbaLambda > 0 && ModelCatalog.Names.Contains(Model) && ModelCatalog.Of(Model).PredictsItems
            ? $"--mba-lambda is for rows of a batch, and {Model} updates every item in every step: take --embedding-l2"
        : MbaLambda > 0 && ModelCatalog.Names.Contains(Model) && ModelCatalog.Of(Model).CrossesFields
            ? $"--mba-lambda needs the number of occurrences of each value, but {Model} has weights for pairs of values, which are not counted: use --embedding-l2"
        : null;
}

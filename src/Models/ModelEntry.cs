using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>A model of the <see cref="ModelCatalog"/>, as its own file declares it.</summary>
/// <param name="Name">In <c>--model</c>, config.json and documents.</param>
/// <param name="Output">Records the model; returns the logit (B, 1), or of a model of items the states (M, D) of its predictions.</param>
public sealed record ModelEntry(string Name, Func<ModelBuilder, Tensor> Output)
{
    /// <summary>The default options of the model.</summary>
    public ModelOptions Defaults { get; init; } = new();

    /// <summary>What it predicts.</summary>
    public Predictions Predicts { get; init; }

    /// <summary>Whether it predicts items of a sequence: its rows are sequences, without a label.</summary>
    public bool PredictsItems => Predicts != Predictions.Clicks;

    /// <summary>Whether the model treats histories differently from other lists; to other models they are multi-valued fields.</summary>
    public bool ReadsHistories { get; init; }

    /// <summary>Whether the model makes no sense on rows without a history; embedding-mlp, which reads them too, is a plain network there.</summary>
    public bool NeedsHistory { get; init; }

    /// <summary>Whether a training step reads negatives for every history (<see cref="Features.SequenceRole.Negative"/>).</summary>
    public Func<ModelOptions, bool> ReadsNegatives { get; init; } = static _ => false;

    /// <summary>Whether a score depends on the other items of its list: the rows of a batch are the items of lists.</summary>
    public bool RanksLists { get; init; }

    /// <summary>Whether the model has a weight for each pair of values of two fields.</summary>
    public bool CrossesFields { get; init; }

    /// <summary>Whether hidden layers stand above the vectors of fields.</summary>
    public bool HasNetwork { get; init; } = true;

    /// <summary>Why the vectors of all fields have one width, phrased to follow the model's name; null: columns may have different widths.</summary>
    public string? OneWidth { get; init; } = "multiplies the vectors of fields with each other";

    /// <summary>Names that older versions had for the model, which are still understood.</summary>
    public IReadOnlyList<string> FormerNames { get; init; } = [];
}

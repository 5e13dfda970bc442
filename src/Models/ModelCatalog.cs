using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>The architectures by name.</summary>
public static class ModelCatalog
{
    private static readonly Dictionary<string, Func<ModelBuilder, Tensor>> Models = new()
    {
        ["lr"] = LogisticRegression.Logit,
        ["fm"] = Fm.Logit,
        ["ffm"] = Ffm.Logit,
        ["fnn"] = Fnn.Logit,
        ["wide-deep"] = WideDeep.Logit,
        ["deepfm"] = DeepFm.Logit,
        ["nfm"] = Nfm.Logit,
        ["pnn"] = Pnn.Logit,
        ["dcn"] = Dcn.Logit,
        ["dcn-v2"] = DcnV2.Logit,
        ["base"] = EmbeddingMlp.Logit,
        ["din"] = Din.Logit,
        ["bst"] = Bst.Logit,
    };

    /// <summary>The default options of a model.</summary>
    public static ModelOptions Defaults(string model) => model switch
    {
        "din" or "base" => new() { Model = model, HiddenUnits = [200, 80], Activation = Activations.Dice, EmbeddingInitStd = 0.01, AttentionNormalization = AttentionNormalization.Softmax },
        // The layers of DIN, with the leaky rectifier of the BST paper; the paper's widths of 1024-512-256 are for its 47 million rows.
        "bst" => new() { Model = model, HiddenUnits = [200, 80], Activation = Activations.LeakyRelu, EmbeddingInitStd = 0.01 },
        // An id has one vector of this width for each field; 4 is the paper's choice on Criteo and Avazu.
        "ffm" => new() { Model = model, EmbeddingDim = 4 },
        _ => new() { Model = model },
    };

    /// <summary>Whether a model treats histories differently from other lists.</summary>
    public static bool ReadsHistories(string model) => model is "din" or "base" or "bst";

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Models.Keys;

    /// <summary>The layout in which a model reads <paramref name="spec"/>. For a model without attention or history pooling, histories are multi-valued fields.</summary>
    internal static FeatureSpec Adapt(FeatureSpec spec, ModelOptions options)
    {
        spec = spec with { NumericVectors = options.NumericInput == NumericInputs.Vectors, PadHistories = options.PadHistories };
        return ReadsHistories(options.Model)
            ? spec
            : spec with { Sequences = [.. spec.Sequences.Select(s => s with { Role = SequenceRole.Pooled, Target = -1 })] };
    }

    /// <summary>Records the model that the options name.</summary>
    /// <exception cref="KernelException">There is no model of that name.</exception>
    internal static Tensor Record(ModelBuilder g) =>
        Models.TryGetValue(g.Options.Model, out Func<ModelBuilder, Tensor>? logit)
            ? logit(g)
            : throw new KernelException($"model '{g.Options.Model}' is not one of {string.Join(", ", Names)}");
}

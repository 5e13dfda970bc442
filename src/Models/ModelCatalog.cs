using System.Globalization;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>The models by name.</summary>
public static class ModelCatalog
{
    private static readonly ModelEntry[] entries =
    [
        LogisticRegression.Entry,
        Fm.Entry,
        Ffm.Entry,
        Poly2.Entry,
        Fnn.Entry,
        WideDeep.Entry,
        DeepFm.Entry,
        Nfm.Entry,
        Pnn.Entry,
        Dcn.Entry,
        DcnV2.Entry,
        XDeepFm.Entry,
        AutoInt.Entry,
        FinalMlp.Entry,
        EmbeddingMlp.Entry,
        Din.Entry,
        Dien.Entry,
        Bst.Entry,
        SasRec.Entry,
        Bert4Rec.Entry,
        Prm.Entry,
    ];

    private static readonly Dictionary<string, ModelEntry> byName = entries.ToDictionary(e => e.Name);

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => entries.Select(e => e.Name);

    /// <summary>The names of the models that predict clicks.</summary>
    public static IEnumerable<string> ClickModels => entries.Where(e => !e.PredictsItems).Select(e => e.Name);

    /// <summary>Maps names of models in older versions to today's.</summary>
    public static IReadOnlyDictionary<string, string> FormerNames { get; } =
        entries.SelectMany(e => e.FormerNames.Select(former => (former, e.Name))).ToDictionary(n => n.former, n => n.Name);

    /// <summary>The model of a name or of a former name.</summary>
    /// <exception cref="KernelException">There is none.</exception>
    public static ModelEntry Of(string name) =>
        byName.TryGetValue(Renamed(name)!, out ModelEntry? entry) ? entry : throw new KernelException($"model '{name}' is not one of {string.Join(", ", Names)}");

    /// <summary>The current name for a former one; any other text is returned unchanged.</summary>
    public static string? Renamed(string? name) => name is not null && FormerNames.TryGetValue(name, out string? now) ? now : name;

    /// <summary>The model of a run that names none.</summary>
    /// <param name="histories">Whether its data has histories.</param>
    public static ModelEntry Default(bool histories) => histories ? Din.Entry : DeepFm.Entry;

    /// <summary>The default options of a model.</summary>
    /// <exception cref="KernelException">There is no such model.</exception>
    public static ModelOptions Defaults(string name)
    {
        ModelEntry entry = Of(name);
        return entry.Defaults with { Model = entry.Name };
    }

    /// <summary>Whether a model treats histories differently from other lists.</summary>
    /// <exception cref="KernelException">There is no such model.</exception>
    public static bool ReadsHistories(string name) => Of(name).ReadsHistories;

    /// <summary>Whether the scores of a model depend on the other rows of a list.</summary>
    /// <exception cref="KernelException">There is no such model.</exception>
    public static bool RanksLists(string name) => Of(name).RanksLists;

    /// <summary>Whether training a model needs negatives for every history.</summary>
    /// <exception cref="KernelException">There is no such model.</exception>
    public static bool ReadsNegatives(ModelOptions options) => Of(options.Model).ReadsNegatives(options);

    /// <summary>The models whose columns may have embeddings of different widths.</summary>
    public static IEnumerable<string> OfSeveralWidths => entries.Where(e => e.OneWidth is null).Select(e => e.Name);

    /// <summary>The default of an option in words, with the models that have another: "16; ffm 4".</summary>
    public static string DefaultInWords(Func<ModelOptions, object> option)
    {
        string general = Word(option(new()));
        return string.Join("; ", entries.GroupBy(e => Word(option(e.Defaults)), e => e.Name).Where(g => g.Key != general).Select(g => $"{string.Join(", ", g)} {g.Key}").Prepend(general));
    }

    /// <summary>The layout in which a model reads <paramref name="spec"/>. For a model without attention or history pooling, histories are multi-valued fields.</summary>
    /// <param name="spec">The columns.</param>
    /// <param name="options">The model.</param>
    /// <param name="training">Whether it will be trained, for which some models need negatives.</param>
    /// <exception cref="KernelException">The model cannot read them.</exception>
    public static FeatureSpec Adapt(FeatureSpec spec, ModelOptions options, bool training)
    {
        ModelEntry entry = Of(options.Model);
        if (entry.PredictsItems != spec.Items is not null)
            throw new KernelException($"{entry.Name} {(entry.PredictsItems ? "predicts items of sequences, and these features are not of sequences" : "predicts clicks, and these features are of sequences")}");
        if (entry.PredictsItems)
            return spec with
            {
                Predicts = entry.Predicts,
                MostPredictions = training ? spec.Sequences[0].MaxLength : 1,
                Sampling = training && options.SampledSoftmax > 0 ? new(options.SampledSoftmax, spec.Items!, options.Seed) : null,
            };
        spec = spec with
        {
            NumericVectors = options.NumericInput == NumericInputs.Vectors,
            PadHistories = options.PadHistories,
            HasLists = entry.RanksLists,
            HasWeights = training && spec.HasWeights,
            PairBuckets = entry.CrossesFields ? options.Poly2Buckets : 0,
        };
        if (entry.CrossesFields && spec.VectorNumbers > 0)
            throw new KernelException($"{entry.Name} has a weight for every pair of values, and the numbers of a vector are too many for that: leave vector columns out (--exclude)");
        spec = spec.WithWidths(options.ColumnDim, options.EmbeddingDim);
        spec = training && ReadsNegatives(options) ? spec.WithNegatives() : spec.WithoutNegatives();
        return ReadsHistories(options.Model)
            ? spec
            : spec with { Sequences = [.. spec.Sequences.Select(s => s with { Role = SequenceRole.Pooled, Target = -1 })] };
    }

    /// <summary>Records the model that the options name.</summary>
    /// <exception cref="KernelException">There is no model of that name.</exception>
    internal static Tensor Record(ModelBuilder g) => Of(g.Options.Model).Output(g);

    private static string Word(object value) => value switch
    {
        IEnumerable<int> list => list.Any() ? string.Join(',', list) : "none",
        Enum word => $"{word}".ToLowerInvariant(),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}

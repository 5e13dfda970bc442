using System.Text.Json.Serialization;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Interactions;

namespace GpuCtr.Models.Features;

/// <summary>A range of ids with its own rows in the embedding table; several fields may share one (a history and its target).</summary>
/// <param name="Name">Name of the field that owns it.</param>
/// <param name="Rows">Rows including row 0 (padding: zero, never trained) and the last row (OOV, out-of-vocabulary: trained by values that are rarer than the minimum count).</param>
public sealed record Vocabulary(string Name, int Rows)
{
    /// <summary>The vocabulary of which this is a further vector, or −1: see <see cref="FeatureSpec.ByVector"/>.</summary>
    [JsonIgnore]
    public int Of { get; init; } = -1;
}

/// <summary>A column with one id per row.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Vocabulary">Index into <see cref="FeatureSpec.Vocabularies"/>.</param>
public sealed record CategoricalField(string Name, int Vocabulary)
{
    /// <summary>The field of which this is a further vector, or −1: see <see cref="FeatureSpec.ByVector"/>.</summary>
    [JsonIgnore]
    public int Of { get; init; } = -1;
}

/// <summary>Role of a list column.</summary>
public enum SequenceRole
{
    /// <summary>A behaviour history that is attended to with its target field.</summary>
    History,

    /// <summary>A multi-valued field whose vectors are pooled.</summary>
    Pooled,

    /// <summary>Negatives: an item that was not chosen for each entry of a history, for the auxiliary loss. Only batches for training have them.</summary>
    Negative,
}

/// <summary>A column with a list of ids per row.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Vocabulary">Index into <see cref="FeatureSpec.Vocabularies"/>; a history shares that of its target.</param>
/// <param name="Role">History, pooled, or negatives of a history.</param>
/// <param name="Target">For a history and its negatives, the index of the categorical field that it is a history of, or −1 if its own next items are predicted; −1 otherwise.</param>
/// <param name="MaxLength">Number of last ids of a row that are kept; equal within a group.</param>
/// <param name="Group">For a history, its behaviour group: the histories of a group describe the same events and have equal lengths, and so have their negatives.</param>
public sealed record SequenceField(string Name, int Vocabulary, SequenceRole Role, int Target, int MaxLength, int Group = 0)
{
    /// <summary>The list of which this is a further vector, or −1: see <see cref="FeatureSpec.ByVector"/>.</summary>
    [JsonIgnore]
    public int Of { get; init; } = -1;
}

/// <summary>The items that can be predicted: ids of the sequence's vocabulary.</summary>
/// <param name="First">The first item; the others follow it.</param>
/// <param name="Count">V: number of items.</param>
/// <param name="Mask">The id of the mask, after all others of the vocabulary.</param>
public sealed record ItemIds(int First, int Count, int Mask)
{
    /// <summary>Whether an id is an item, rather than padding, a missing or an unknown value, or the mask.</summary>
    public bool Has(int id) => (uint)(id - First) < (uint)Count;
}

/// <summary>The inputs of a model: vocabularies and the columns over them. Only sizes and names, no values.</summary>
public sealed partial record FeatureSpec(
    IReadOnlyList<Vocabulary> Vocabularies,
    IReadOnlyList<CategoricalField> Categorical,
    IReadOnlyList<string> Numeric,
    IReadOnlyList<SequenceField> Sequences)
{
    /// <summary>Prefix of the name of a history's negatives.</summary>
    public const string NegativePrefix = "neg_";

    /// <summary>F: number of categorical columns.</summary>
    public int F => Categorical.Count;

    /// <summary>N: the numbers of a row.</summary>
    public int N => Numeric.Count;

    /// <summary>P: number of pooled list columns.</summary>
    public int P => Sequences.Count(s => s.Role == SequenceRole.Pooled);

    /// <summary>How many of the N numbers (the last ones) belong to vector columns: the model reads their values without embedding them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int VectorNumbers { get; init; }

    /// <summary>Whether numeric columns have vectors; false: the model reads only their values.</summary>
    /// <remarks>Follows from the model's options, so it is not saved with the columns.</remarks>
    [JsonIgnore]
    public bool NumericVectors { get; init; } = true;

    /// <summary>Whether histories are padded to their maximum length with the padding row, which then counts as an ordinary history position.</summary>
    [JsonIgnore]
    public bool PadHistories { get; init; }

    /// <summary>Rows of the tables for pairs of fields, after those of all vocabularies; 0: the model has no weights for pairs.</summary>
    [JsonIgnore]
    public int PairBuckets { get; init; }

    /// <summary>The items that can be predicted, if the only column is a sequence of them; else null.</summary>
    /// <remarks>Follows from the vocabulary, so it is not saved with the columns.</remarks>
    [JsonIgnore]
    public ItemIds? Items { get; init; }

    /// <summary>What is predicted.</summary>
    [JsonIgnore]
    public Predictions Predicts { get; init; }

    /// <summary>The most items that are predicted in a row: every entry of a sequence in training, else one. 0 in a model of clicks.</summary>
    /// <remarks>Follows from the model, so it is not saved with the columns.</remarks>
    [JsonIgnore]
    public int MostPredictions { get; init; }

    /// <summary>Whether the rows of a batch are the items of lists.</summary>
    /// <remarks>Follows from the model, so it is not saved with the columns.</remarks>
    [JsonIgnore]
    public bool HasLists { get; init; }

    /// <summary>Whether rows have weights in the loss; only batches for training and evaluation have them.</summary>
    /// <remarks>Follows from how labels are read, so it is not saved with the columns.</remarks>
    [JsonIgnore]
    public bool HasWeights { get; init; }

    /// <summary>The candidates of a sampled softmax; null: all items.</summary>
    /// <remarks>Follows from the model, so it is not saved with the columns.</remarks>
    [JsonIgnore]
    public SampledItems? Sampling { get; init; }

    /// <summary>The numbers that have vectors.</summary>
    internal int NumberFields => NumericVectors ? N - VectorNumbers : 0;

    /// <summary>C = F + N + P: field vectors of an example; N is without the numbers of vector columns, and 0 if numeric columns have no vectors.</summary>
    public int C => F + NumberFields + P;

    /// <summary>The columns of these fields, in the order of their vectors.</summary>
    internal IEnumerable<string> FieldNames =>
    [
        .. Categorical.Select(c => c.Of < 0 ? c.Name : Categorical[c.Of].Name), .. Numeric.Take(NumberFields),
        .. Sequences.Where(s => s.Role == SequenceRole.Pooled).Select(s => s.Of < 0 ? s.Name : Sequences[s.Of].Name),
    ];

    /// <summary>ΣV: rows of the embedding table, all vocabularies one after the other, then the buckets of pairs.</summary>
    public int TotalRows => checked(Vocabularies.Sum(v => v.Rows) + PairBuckets);

    /// <summary>The pairs of categorical and numeric fields; null if the model has no weights for them.</summary>
    internal FieldPairs? Pairs()
    {
        int[] offsets = Offsets();
        return PairBuckets == 0 ? null : new(
            [.. Categorical.Select(c => (offsets[c.Vocabulary], Vocabularies[c.Vocabulary].Rows))], N, TotalRows - PairBuckets, PairBuckets);
    }

    /// <summary>Number of pairs of a row that have weights.</summary>
    internal int PairCount => PairBuckets == 0 ? 0 : InnerProducts.PairsOf(F + N);

    /// <summary>Whether batches of this spec have the layout of those of <paramref name="other"/>: everything but names is equal.</summary>
    internal bool HasLayoutOf(FeatureSpec other) => ReferenceEquals(this, other) ||
        (N, NumberFields, PadHistories, PairBuckets, Items, Predicts, MostPredictions, HasLists, HasWeights, Sampling) == (other.N, other.NumberFields, other.PadHistories, other.PairBuckets, other.Items, other.Predicts, other.MostPredictions, other.HasLists, other.HasWeights, other.Sampling)
        && (VectorsOfId ?? []).SequenceEqual(other.VectorsOfId ?? [])
        && Vocabularies.Select(v => v.Rows).SequenceEqual(other.Vocabularies.Select(v => v.Rows))
        && Categorical.Select(c => c.Vocabulary).SequenceEqual(other.Categorical.Select(c => c.Vocabulary))
        && Sequences.Select(s => s with { Name = "" }).SequenceEqual(other.Sequences.Select(s => s with { Name = "" }));

    /// <summary>Number of behaviour groups.</summary>
    public int GroupCount => Sequences.Where(s => s.Role == SequenceRole.History).Select(s => s.Group + 1).DefaultIfEmpty(0).Max();

    /// <summary>The histories of a behaviour group.</summary>
    public IEnumerable<SequenceField> Group(int group) => Sequences.Where(s => s.Role == SequenceRole.History && s.Group == group);

    /// <summary>This spec with negatives for every history, after all other lists and in the order of the histories.</summary>
    public FeatureSpec WithNegatives() => this with
    {
        Sequences = [.. WithoutNegatives().Sequences, .. Sequences.Where(s => s.Role == SequenceRole.History).Select(s => s with { Name = NegativePrefix + s.Name, Role = SequenceRole.Negative })],
    };

    /// <summary>This spec as a prediction reads it.</summary>
    public FeatureSpec WithoutNegatives() => Sequences.All(s => s.Role != SequenceRole.Negative)
        ? this
        : this with { Sequences = [.. Sequences.Where(s => s.Role != SequenceRole.Negative)] };

    /// <summary>The table rows of some columns, padding included; without that of the mask.</summary>
    /// <param name="columns">Names of categorical fields and lists; those that share a vocabulary have the same rows.</param>
    /// <exception cref="KernelException">There is no such column.</exception>
    internal IReadOnlyList<Range> RowsOf(IReadOnlyList<string> columns)
    {
        int[] offsets = Offsets();
        return [.. columns.Select(name => VocabularyOf("freeze", name)).Distinct().SelectMany(VectorsOf).Select(v => offsets[v]..(offsets[v] + Vocabularies[v].Rows - (Items is null ? 0 : 1)))];
    }

    private int VocabularyOf(string flag, string name) => Categorical.FirstOrDefault(c => c.Name == name)?.Vocabulary ?? Sequences.FirstOrDefault(s => s.Name == name)?.Vocabulary
        ?? throw new KernelException($"--{flag} {name}: the model has no such categorical column; it has {string.Join(", ", [.. Categorical.Where(c => c.Of < 0).Select(c => c.Name), .. Sequences.Where(s => s.Of < 0).Select(s => s.Name)])}");

    /// <summary>First table row of each vocabulary: an id's table row is its offset plus the id.</summary>
    public int[] Offsets()
    {
        int[] offsets = new int[Vocabularies.Count];
        for (int i = 1; i < offsets.Length; i++)
            offsets[i] = checked(offsets[i - 1] + Vocabularies[i - 1].Rows);
        return offsets;
    }
}

using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>A model with generated batches in memory, on which steps are measured.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Spec">Fields.</param>
/// <param name="Options">Model.</param>
/// <param name="BatchSize">B.</param>
/// <param name="Exponent">Zipf exponent of the ids; 0 = uniform.</param>
internal sealed record Workload(string Name, FeatureSpec Spec, ModelOptions Options, int BatchSize, double Exponent)
{
    private const int ListItems = 20;

    /// <summary>Description of the distribution of ids.</summary>
    public string Ids => Exponent > 0 ? $"Zipf {Exponent}" : "uniform";

    /// <summary>The workloads of `bench step`, by the names for --only.</summary>
    public static IReadOnlyList<(string Name, Workload Workload)> Steps { get; } =
    [
        ("deepfm256", DeepFm256(0)), ("deepfm256-zipf", DeepFm256(1.05)), ("deepfm400", DeepFm400(1.05)), ("frappe", Frappe()), ("din", Din(1.05)), ("bst", Bst()), ("bst2", Bst(blocks: 2)),
        ("ffm", Ffm(1.05)),
        ("small", Small()),
        .. new[] { "nfm", "pnn", "dcn", "dcn-v2", "xdeepfm", "autoint", "finalmlp" }.Select(model => (model, DeepFmFields(model, 1.05))),
        ("dien", Histories("dien", null)), ("sasrec", NextItems("sasrec")), ("bert4rec", NextItems("bert4rec")), ("sasrec-sampled", SampledItems()), ("prm", Prm()),
    ];

    /// <summary>26 fields of V rows together, MLP 256-128-64.</summary>
    public static Workload DeepFm256(double exponent, int batchSize = 4096, int rows = 1_000_000, int dim = 16) => new(
        $"DeepFM 26, D {dim}, V {(rows < 1_000_000 ? $"{rows / 1000}k" : $"{rows / 1_000_000}M")}, 256-128-64", Fields(26, rows / 26, 0),
        ModelCatalog.Defaults("deepfm") with { HiddenUnits = [256, 128, 64], EmbeddingDim = dim }, batchSize, exponent);

    /// <summary>4 + 2 fields, D 4, MLP 16-8: for devices a thousand times slower than a GPU.</summary>
    public static Workload Small(int batchSize = 16) =>
        new("DeepFM 4+2, D 4, V 400, 16-8", Fields(4, 100, 2), ModelCatalog.Defaults("deepfm") with { HiddenUnits = [16, 8], EmbeddingDim = 4 }, batchSize, 1.05);

    /// <summary>26 + 13 fields, D 16, MLP 400³.</summary>
    public static Workload DeepFm400(double exponent, int batchSize = 4096) =>
        new("DeepFM 26+13, D 16, V 1M, 400-400-400", Fields(26, 1_000_000 / 26, 13), ModelCatalog.Defaults("deepfm"), batchSize, exponent);

    /// <summary>The fields and the MLP of <see cref="DeepFm400"/> in another model.</summary>
    public static Workload DeepFmFields(string model, double exponent)
    {
        Workload deepfm = DeepFm400(exponent);
        ModelOptions options = ModelCatalog.Defaults(model);
        return deepfm with { Name = $"{model} 26+13, D 16, V 1M, 400-400-400", Options = options, Spec = ModelCatalog.Adapt(deepfm.Spec, options, training: true) };
    }

    /// <summary>The fields of <see cref="DeepFm400"/> in a field-aware factorization machine: 156 numbers per id.</summary>
    public static Workload Ffm(double exponent) => DeepFm400(exponent) with { Name = "ffm 26+13, D 4, V 1M", Options = ModelCatalog.Defaults("ffm") };

    /// <summary>The sizes and settings of Frappe: 10 fields of 5,379 rows together, D 10, MLP 400³ with batch normalization and dropout, dense updates with L2 on whole tables.</summary>
    public static Workload Frappe(int batchSize = 4096) => new(
        "DeepFM 10, D 10, V 5k, 400-400-400 BN, dropout", Fields([954, 4082, 7, 7, 2, 3, 2, 9, 80, 233], 0),
        ModelCatalog.Defaults("deepfm") with
        {
            EmbeddingDim = 10,
            BatchNorm = true,
            Dropout = 0.2,
            EmbeddingUpdate = EmbeddingUpdate.Dense,
            EmbeddingL2 = 0.05,
            EmbeddingL2Scope = L2Scope.Full,
            ClipNorm = 10,
        }, batchSize, 1.05);

    /// <summary>Item and category of 32 dimensions each, full histories of 50, attention 80-40 Dice, tower 200-80.</summary>
    public static Workload Din(double exponent, int batchSize = 1024, int length = 50)
    {
        FeatureSpec spec = Fields(3, 100_000, 0) with
        {
            Sequences = [new SequenceField("hist_item", 1, SequenceRole.History, 1, length), new SequenceField("hist_category", 2, SequenceRole.History, 2, length)],
        };
        return new($"DIN E 64, T {length}, 80-40 Dice, 200-80", spec, ModelCatalog.Defaults("din") with { EmbeddingDim = 32 }, batchSize, exponent);
    }

    /// <summary>The fields and the tower of <see cref="Din"/> after a transformer.</summary>
    public static Workload Bst(int blocks = 1)
    {
        Workload din = Din(1.05);
        return din with
        {
            Name = $"BST E 64, T 50, {(blocks == 1 ? "1 block" : $"{blocks} blocks")} of 8 heads, 200-80",
            Options = ModelCatalog.Defaults("bst") with { EmbeddingDim = din.Options.EmbeddingDim, TransformerBlocks = blocks, AttentionHeads = 8 },
        };
    }

    /// <summary>A model of next items over 12,000 items and full sequences of 50, D 64, two blocks of two heads.</summary>
    public static Workload NextItems(string model, int batchSize = 256, int items = 12_000, int length = 50)
    {
        ModelOptions options = ModelCatalog.Defaults(model);
        FeatureSpec spec = new([new("item", items + 2)], [], [], [new("sequence", 0, SequenceRole.History, -1, length)]) { Items = new(1, items, items + 1) };
        return new($"{model} D {options.EmbeddingDim}, {options.TransformerBlocks} blocks, T {length}, V {items / 1000}k", ModelCatalog.Adapt(spec, options, training: true), options, batchSize, 1.05);
    }

    /// <summary>The same over 200,000 items, of which a batch contrasts its own with 2,048 draws; only rows of the batch move.</summary>
    public static Workload SampledItems()
    {
        Workload all = NextItems("sasrec", items: 200_000);
        ModelOptions options = all.Options with { SampledSoftmax = 2048, EmbeddingUpdate = EmbeddingUpdate.Lazy };
        return all with { Name = $"{all.Name}, 2048 draws", Options = options, Spec = ModelCatalog.Adapt(all.Spec, options, training: true) };
    }

    /// <summary>PRM over lists of 20 items with 6 + 4 fields, D 16, width 64, one block.</summary>
    public static Workload Prm(int batchSize = 2560)
    {
        ModelOptions options = ModelCatalog.Defaults("prm");
        return new($"PRM lists of {ListItems}, 6+4, D 16, width 64", ModelCatalog.Adapt(Fields(6, 10_000, 4), options, training: true), options, batchSize, 1.05);
    }

    /// <summary>The fields of <see cref="Din"/> in another model or a variant, with embeddings of the same width.</summary>
    public static Workload Histories(string model, string? variant, double dropout = 0)
    {
        Workload din = Din(1.05);
        ModelOptions options = Variants.Of(model, variant).Model with { EmbeddingDim = din.Options.EmbeddingDim, Dropout = dropout };
        return din with { Name = $"{variant ?? model}, E 64, T 50", Options = options, Spec = ModelCatalog.Adapt(din.Spec, options, training: true) };
    }

    /// <summary>DIEN over the same fields, with another second GRU.</summary>
    public static Workload Dien(Evolutions evolution)
    {
        Workload dien = Histories("dien", null);
        return dien with { Name = $"{dien.Name}, {evolution}".ToLowerInvariant(), Options = dien.Options with { Evolution = evolution } };
    }

    /// <summary>Prepared batches with ids from <see cref="Exponent"/>, normal numbers and a third of positive labels; of a sequence of items, those to predict.</summary>
    public Batch[] Batches(Device device, int count)
    {
        Random random = new(7);
        Zipf[] ids = Spec.Vocabularies.Select(v => new Zipf(v.Rows - 2, Exponent)).ToArray();
        return Enumerable.Range(0, count).Select(_ => Fill(new Batch(device, Spec, BatchSize) { Rows = BatchSize }, ids, random)).ToArray();
    }

    private Batch Fill(Batch batch, Zipf[] ids, Random random)
    {
        for (int left = BatchSize; batch.Lists is not null && left > 0; left -= ListItems)
            batch.Lists.Add(Math.Min(left, ListItems));
        for (int i = 0; i < BatchSize * Spec.F; i++)
            batch.SetId(i / Spec.F, i % Spec.F, 1 + ids[Spec.Categorical[i % Spec.F].Vocabulary].Draw(random));
        foreach (ref float x in batch.Numeric)
            x = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
        foreach (ref float y in batch.Labels)
            y = random.Next(3) == 0 ? 1 : 0;
        foreach (BatchSequence s in batch.Sequences)
        {
            for (int b = 0; b <= BatchSize; b++)
                s.Offsets[b] = b * s.Field.MaxLength;
            for (int t = 0; t < s.Offsets[BatchSize]; t++)
                s.TableRows[t] = s.TableOffset + 1 + ids[s.Field.Vocabulary].Draw(random);
        }
        if (batch.Predictions is not null)
            Predict(batch, batch.Sequences[0]);
        batch.Prepare();
        return batch;
    }

    /// <summary>Masks a fifth of the entries and predicts them, or predicts the next item after every entry.</summary>
    private void Predict(Batch batch, BatchSequence s)
    {
        ItemMasks masks = new(seed: 7, rate: 0.2, lastOnly: 0);
        bool[] masked = new bool[s.Field.MaxLength];
        for (int b = 0; b < BatchSize; b++)
        {
            int first = s.Offsets[b], length = s.Offsets[b + 1] - first;
            if (Spec.Predicts == Predictions.MaskedItems)
                masks.Draw(masked.AsSpan(0, length), row: b, epoch: 0);
            for (int t = first; t < first + length; t++)
            {
                if (Spec.Predicts == Predictions.NextItems)
                    batch.Predictions!.Add(t, s.TableRows[Math.Min(t + 1, first + length - 1)]);
                else if (masked[t - first])
                {
                    batch.Predictions!.Add(t, s.TableRows[t]);
                    s.TableRows[t] = s.TableOffset + Spec.Items!.Mask;
                }
            }
        }
    }

    private static FeatureSpec Fields(int categorical, int rows, int numeric) => Fields([.. Enumerable.Repeat(rows, categorical)], numeric);

    private static FeatureSpec Fields(int[] rows, int numeric) => new(
        [.. rows.Select((r, f) => new Vocabulary($"c{f}", r + 2))],
        [.. rows.Select((_, f) => new CategoricalField($"c{f}", f))],
        Enumerable.Range(0, numeric).Select(n => $"x{n}").ToArray(), []);
}

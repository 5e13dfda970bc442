using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>A variant, or a model as it is here, on a device with its reference, both with the same random weights; the preset's layers, each a few units wide.</summary>
internal sealed class VariantModel : IDisposable
{
    private const int Capacity = VariantData.B + 2;

    /// <summary>Stands in the place of a variant's name where a model is as it is here.</summary>
    public const string Own = "own";

    /// <summary>ε of the variants that have one: large enough to be seen.</summary>
    public const double Epsilon = 0.01;

    private static readonly int[] Widths = [7, 5, 4];

    public VariantModel(Device device, string name)
    {
        (string model, string variant) = (name.Split(' ')[1], name.Split(' ')[0]);
        ModelOptions preset = GpuCtr.Models.Variants.Of(model, variant == Own ? null : variant).Model;
        ModelOptions small = preset with
        {
            EmbeddingDim = 3,
            HiddenUnits = Widths[..preset.HiddenUnits.Count],
            AttentionWidth = 4,
            CinLayers = [4, 3],
            GateUnits = [6],
            AttentionUnits = [.. Widths[..preset.AttentionUnits.Count].Select(w => w + 1)],
            AuxiliaryUnits = [6, 4],
            ProbabilityEpsilon = preset.ProbabilityEpsilon > 0 ? Epsilon : 0,
            EmbeddingUpdate = EmbeddingUpdate.Dense,
            Poly2Buckets = PairsWithWeights.Buckets,
        };
        Model = new TrainableModel(device, VariantData.Spec(ModelCatalog.ReadsHistories(model)), Changes.GetValueOrDefault(name)?.Invoke(small) ?? small, Capacity);
        Batch = VariantData.Batch(device, Model.Spec, Capacity);
        Reference = References[name]();
        foreach (Tensor t in Model.Weights)
            Fill(t);
    }

    public static Dictionary<string, Func<Reference>> References { get; } = new()
    {
        ["fuxictr deepfm"] = () => new FuxiCtrDeepFm(),
        ["deepctr deepfm"] = () => new DeepCtrDeepFm(),
        ["rechub deepfm"] = () => new RecHubDeepFm(),
        ["fuxictr din"] = () => new FuxiCtrDin(),
        ["deepctr din"] = () => new DeepCtrDin(),
        ["rechub din"] = () => new RecHubDin(),
        ["din-official din"] = () => new DinOfficial(),
        ["dien-official din"] = () => new DienOfficialDin(),
        ["dien-official dien"] = () => new InterestEvolution { Official = true },
        [$"{Own} lr"] = () => new Factorization(pairs: false),
        [$"{Own} poly2"] = () => new PairsWithWeights(),
        [$"{Own} fm"] = () => new Factorization(pairs: true),
        [$"{Own} ffm"] = () => new FieldAware(),
        [$"{Own} fnn"] = () => new FactorizationSupported(),
        [$"{Own} wide-deep"] = () => new WideDeep(),
        [$"{Own} deepfm"] = () => new FuxiCtrDeepFm(),
        [$"{Own} nfm"] = () => new NeuralFactorization(),
        [$"{Own} pnn"] = () => new ProductBased(),
        [$"{Own} dcn"] = () => new DeepCrossV1(),
        [$"{Own} dcn-v2"] = () => new DeepCrossV2(),
        [$"{Own} dcn-v2 of rank 2"] = () => new DeepCrossV2(lowRank: true),
        [$"{Own} xdeepfm"] = () => new Compressed(),
        [$"{Own} xdeepfm of three layers, split"] = () => new Compressed(split: true),
        [$"{Own} autoint"] = () => new FieldAttention(layers: 3, heads: 2, width: 4),
        [$"{Own} autoint with an mlp, 2 layers, 3 heads"] = () => new FieldAttention(layers: 2, heads: 3, width: 6, hidden: 2),
        [$"{Own} finalmlp"] = () => new TwoStreams(),
        [$"{Own} finalmlp of 2 heads, gates of columns"] = () => new TwoStreams(gated: true),
        [$"{Own} embedding-mlp"] = () => new Interest(attention: false),
        [$"{Own} din"] = () => new Interest(attention: true),
        [$"{Own} dien"] = () => new InterestEvolution(),
        [$"{Own} dien of narrow agru, unit and mlp"] = () => new InterestEvolution { Evolution = Evolutions.Agru, Unit = true, Auxiliary = NextItemForms.Mlp, Average = PairAverages.Pairs, Weight = 0.5 },
        [$"{Own} dien of aigru without auxiliary loss"] = () => new InterestEvolution { Evolution = Evolutions.Aigru, Weight = 0 },
        [$"{Own} bst"] = () => new BehaviorTransformer(blocks: 1, heads: 2),
        [$"{Own} bst of 2 blocks, 3 heads"] = () => new BehaviorTransformer(blocks: 2, heads: 3),
        [$"{Own} bst of 3 blocks, 6 heads"] = () => new BehaviorTransformer(blocks: 3, heads: 6),
        [$"{Own} prm"] = () => new Reranking(blocks: 1, heads: 4, headWidth: 1),
        [$"{Own} prm of 2 blocks, wide heads, few places"] = () => new Reranking(blocks: 2, heads: 3, headWidth: 4, places: 3),
        [$"{Own} prm pointwise"] = () => new Reranking(blocks: 1, heads: 2, headWidth: 2, pointwise: true),
    };

    private static Dictionary<string, Func<ModelOptions, ModelOptions>> Changes { get; } = new()
    {
        [$"{Own} dcn-v2 of rank 2"] = o => o with { CrossRank = 2 },
        [$"{Own} xdeepfm of three layers, split"] = o => o with { CinLayers = [5, 4, 3], CinSplit = true },
        [$"{Own} autoint with an mlp, 2 layers, 3 heads"] = o => o with { AttentionLayers = 2, AttentionHeads = 3, AttentionWidth = 6, HiddenUnits = [7, 5] },
        [$"{Own} finalmlp of 2 heads, gates of columns"] = o => o with { SecondHiddenUnits = [5, 6], FusionHeads = 2, FirstGate = ["user"], SecondGate = ["tags", "age"], GateUnits = [6, 3] },
        [$"{Own} dien of narrow agru, unit and mlp"] = o => o with
        {
            GruHidden = 4,
            EvolutionHidden = 5,
            Evolution = Evolutions.Agru,
            InterestScores = InterestScores.Unit,
            AttentionActivation = Activations.Sigmoid,
            AuxiliaryForm = NextItemForms.Mlp,
            AuxiliaryAverage = PairAverages.Pairs,
            AuxiliaryLoss = 0.5,
        },
        [$"{Own} dien of aigru without auxiliary loss"] = o => o with { Evolution = Evolutions.Aigru, AuxiliaryLoss = 0 },
        [$"{Own} bst of 2 blocks, 3 heads"] = o => o with { TransformerBlocks = 2, AttentionHeads = 3 },
        [$"{Own} bst of 3 blocks, 6 heads"] = o => o with { TransformerBlocks = 3, AttentionHeads = 6 },
        [$"{Own} prm of 2 blocks, wide heads, few places"] = o => o with { TransformerBlocks = 2, AttentionHeads = 3, HeadWidth = 4, FeedForward = 6, ListPlaces = 3 },
        [$"{Own} prm pointwise"] = o => o with { AttentionHeads = 2, ListLoss = ListLoss.Pointwise },
    };

    public TrainableModel Model { get; }

    public Batch Batch { get; }

    public Reference Reference { get; }

    /// <summary>Forward and backward in training; nothing moves.</summary>
    public void ForwardBackward()
    {
        float[] logits = new float[VariantData.B];
        // Predict brings the batch to the device.
        Model.Predict(Batch, logits);
        Model.Recorded.ForwardBackward(new Pass(VariantData.B, Training: true, Batch.Tokens));
    }

    public void Dispose()
    {
        Batch.Dispose();
        Model.Dispose();
    }

    private void Fill(Tensor t)
    {
        Random random = new(t.Name.Aggregate(17, (hash, c) => hash * 31 + c));
        bool table = t.Rows == Model.Spec.TotalRows;
        float[] values = [.. Enumerable.Range(0, (int)t.Length).Select(i =>
            table && VariantData.IsPadding(i / t.Columns) ? 0 : t.Name.EndsWith("running_var", StringComparison.Ordinal) ? 0.5f + random.NextSingle() : 1.4f * random.NextSingle() - 0.7f)];
        t.Write(Model.Device, values);
        Reference.Weights.Add(t.Name, [.. values.Select(v => (double)v)]);
    }
}

using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests.NextItems;

/// <summary>Sequences of items of one kind, of which there are four with three items each: something to learn. One row is empty, one has the longest length.</summary>
internal static class NextItemData
{
    public const int Items = 12, Longest = 6;

    // Items of a kind.
    private const int KindItems = 3;

    // Padding, the items, and the row of [MASK].
    private const int Mask = Items + 1;

    public static readonly Dictionary<string, ModelOptions> Models = new()
    {
        ["bert4rec"] = ModelCatalog.Defaults("bert4rec"),
        ["bert4rec pre-norm"] = ModelCatalog.Defaults("bert4rec") with { FeedForward = 10, BlockNorm = BlockNorm.Pre },
        ["sasrec"] = ModelCatalog.Defaults("sasrec"),
    };

    public static FeatureSpec Spec(int longest = Longest) =>
        new([new("item", Mask + 1)], [], [], [new("sequence", 0, SequenceRole.History, -1, longest)]) { Items = new(1, Items, Mask) };

    public static TrainableModel Model(Device device, string name, int rows, int longest = Longest, double dropout = 0.1, ulong seed = 1) => new(
        device, Spec(longest), Models[name] with { EmbeddingDim = 8, EmbeddingInitStd = 0.3, Dropout = dropout, Seed = seed }, rows);

    /// <summary>A prepared batch; SASRec predicts at every entry, BERT4Rec at those that <see cref="ItemMasks"/> draws.</summary>
    public static Batch Batch(TrainableModel model, string name, int rows, int seed)
    {
        Batch batch = new(model.Device, model.Spec, model.BatchSize);
        Fill(batch, name, rows, seed);
        return batch;
    }

    public static void Fill(Batch batch, string name, int rows, int seed)
    {
        Random random = new(seed);
        ItemMasks masks = new(7, rate: 0.3, lastOnly: 0.2);
        batch.Rows = rows;
        batch.Predictions!.Clear();
        BatchSequence sequence = batch.Sequences[0];
        for (int b = 0; b < rows; b++)
        {
            int length = b == 0 ? 0 : b == 1 ? Longest : random.Next(1, Longest + 1), first = KindItems * random.Next(Items / KindItems);
            int[] items = [.. Enumerable.Range(0, length + 1).Select(_ => 1 + first + random.Next(KindItems))];
            bool[] masked = new bool[length];
            if (name != "sasrec")
                masks.Draw(masked, row: b, epoch: seed);
            sequence.SetIds(b, [.. items[..length].Select((item, t) => masked[t] ? Mask : item)]);
            for (int t = 0; t < length; t++)
                if (name == "sasrec" || masked[t])
                    batch.Predictions.Add(sequence.Offsets[b] + t, items[name == "sasrec" ? t + 1 : t]);
        }
        batch.Prepare();
    }
}

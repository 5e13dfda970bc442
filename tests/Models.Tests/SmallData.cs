using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using Presets = GpuCtr.Models.Variants;

namespace GpuCtr.Models.Tests;

/// <summary>Random rows over a few small vocabularies, whose labels follow the ids: something to learn in 50 steps.</summary>
internal static class SmallData
{
    private const int T = 4;

    private static readonly int[] Sizes = [6, 9, 5, 7];

    /// <summary>Every model of clicks, and the variant whose ops no other model has.</summary>
    public static IEnumerable<string> ClickModels => [.. ModelCatalog.ClickModels, "dien dien-official"];

    /// <summary>The options of a model, or of a model and a variant.</summary>
    public static ModelOptions Options(string name) => name.Split(' ') is [var model, var variant] ? Presets.Of(model, variant).Model : ModelCatalog.Defaults(name);

    /// <summary>The columns for a model.</summary>
    public static FeatureSpec Spec(ModelOptions options) => Spec(histories: ModelCatalog.ReadsHistories(options.Model));

    /// <summary>User, item, category; a list of tags; two numbers; and, where asked, histories of item and category.</summary>
    public static FeatureSpec Spec(bool histories) => new(
        [new("user", Sizes[0]), new("item", Sizes[1]), new("category", Sizes[2]), new("tags", Sizes[3])],
        [new("user", 0), new("item", 1), new("category", 2)],
        ["age", "price"],
        [
            new("tags", 3, SequenceRole.Pooled, -1, T),
            .. histories
                ? new SequenceField[] { new("hist_item", 1, SequenceRole.History, 1, T), new("hist_category", 2, SequenceRole.History, 2, T) }
                : [],
        ]);

    /// <summary>A prepared batch of <paramref name="rows"/> rows; the first one has empty lists, no id is padding.</summary>
    public static Batch Batch(Device device, FeatureSpec spec, int rows, int seed, int capacity = 0)
    {
        Random random = new(seed);
        Batch batch = new(device, spec, Math.Max(rows, capacity)) { Rows = rows };
        for (int b = 0; b < rows; b++)
        {
            for (int f = 0; f < spec.F; f++)
                batch.SetId(b, f, 1 + random.Next(Sizes[f] - 1));
            for (int n = 0; n < spec.N; n++)
                batch.Numeric[b * spec.N + n] = random.NextSingle() * 2 - 1;
            double score = batch.IdAt(b, 0) - 3 + (batch.IdAt(b, 1) % 2 == 0 ? 1 : -1) + batch.Numeric[b * spec.N];
            batch.Labels[b] = random.NextDouble() < 1 / (1 + Math.Exp(-score)) ? 1 : 0;
            // The histories of a group are equally long.
            int history = b == 0 ? 0 : random.Next(T + 1);
            foreach (BatchSequence s in batch.Sequences)
            {
                int length = s.Field.Role != SequenceRole.Pooled ? history : b == 0 ? 0 : random.Next(T + 1);
                s.SetIds(b, [.. Enumerable.Range(0, length).Select(_ => 1 + random.Next(Sizes[s.Field.Vocabulary] - 1))]);
            }
        }
        // Lists of one to seven items, if the model ranks lists.
        for (int b = 0, items; batch.Lists is not null && b < rows; b += items)
            batch.Lists.Add(items = Math.Min(rows - b, 1 + random.Next(7)));
        batch.Prepare();
        return batch;
    }
}

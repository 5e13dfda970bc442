using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>A row as a reference reads it: vocabulary-local ids, lists at their own lengths.</summary>
internal sealed record VariantRow(int User, int Item, int Category, double Age, double Price, int[] Tags, int[] Items, int[] Categories, int Label)
{
    /// <summary>What was not chosen in place of each entry of the histories; the first is not read.</summary>
    public int[] NegativeItems { get; init; } = [];

    public int[] NegativeCategories { get; init; } = [];
}

/// <summary>A few rows with lists of all lengths; the first one has empty lists, the second full ones.</summary>
internal static class VariantData
{
    public const int B = 9, T = 4;

    public static readonly string[] Vocabularies = ["user", "item", "category", "tags"];

    private static readonly int[] Sizes = [6, 9, 5, 7];

    public static int Offset(string vocabulary) => Sizes.Take(Array.IndexOf(Vocabularies, vocabulary)).Sum();

    public static int Size(string vocabulary) => Sizes[Array.IndexOf(Vocabularies, vocabulary)];

    public static bool IsPadding(int tableRow) => Vocabularies.Any(v => Offset(v) == tableRow);

    public static FeatureSpec Spec(bool histories) => new(
        Vocabularies.Zip(Sizes, (name, size) => new Vocabulary(name, size)).ToArray(),
        [new("user", 0), new("item", 1), new("category", 2)],
        ["age", "price"],
        [
            new("tags", 3, SequenceRole.Pooled, -1, T),
            .. histories ? new SequenceField[] { new("hist_item", 1, SequenceRole.History, 1, T), new("hist_category", 2, SequenceRole.History, 2, T) } : [],
        ]);

    /// <summary>Items of the lists of rows, for models of lists; the second list has one item.</summary>
    private static readonly int[] lists = [4, 1, 4];

    /// <summary>Rows, or what belongs to them, list by list.</summary>
    public static T[][] ListsOf<T>(T[] rows) => [.. lists.Select((length, i) => rows[lists.Take(i).Sum()..][..length])];

    public static VariantRow[] Rows { get; } = [.. Enumerable.Range(0, B).Select(Row)];

    public static Batch Batch(Device device, FeatureSpec spec, int capacity)
    {
        Batch batch = new(device, spec, capacity) { Rows = B };
        for (int b = 0; b < B; b++)
        {
            VariantRow row = Rows[b];
            batch.SetIds(b, [row.User, row.Item, row.Category]);
            new[] { (float)row.Age, (float)row.Price }.CopyTo(batch.Numeric[(b * 2)..]);
            batch.Labels[b] = row.Label;
            foreach (BatchSequence s in batch.Sequences)
                s.SetIds(b, s.Field.Name switch { "tags" => row.Tags, "hist_item" => row.Items, "hist_category" => row.Categories, "neg_hist_item" => row.NegativeItems, _ => row.NegativeCategories });
        }
        foreach (int items in batch.Lists is null ? [] : lists)
            batch.Lists!.Add(items);
        batch.Prepare();
        return batch;
    }

    private static VariantRow Row(int b)
    {
        Random random = new(b + 100);
        int length = b switch { 0 => 0, 1 => T, _ => random.Next(T + 1) };
        int[] List(int vocabulary, int count) => [.. Enumerable.Range(0, count).Select(_ => 1 + random.Next(Sizes[vocabulary] - 1))];
        // Values that float32 holds exactly.
        double Number() => random.Next(-64, 65) / 64.0;
        return new(List(0, 1)[0], List(1, 1)[0], List(2, 1)[0], Number(), Number(), List(3, b == 0 ? 0 : random.Next(T + 1)), List(1, length), List(2, length), b % 3 == 1 ? 1 : 0) { NegativeItems = List(1, length), NegativeCategories = List(2, length) };
    }
}

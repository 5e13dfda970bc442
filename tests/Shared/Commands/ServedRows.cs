using GpuCtr.Data.Features;

namespace GpuCtr.Tests;

/// <summary>Rows that exist twice: as a shard and as values for a <see cref="FeatureRow"/>. Nulls, values training never saw, and histories of 0 to 12 entries.</summary>
public sealed class ServedRows
{
    private readonly long[] user, item, category;
    private readonly string?[] site;
    private readonly float?[] age;
    private readonly double[] price;
    private readonly int[] label;
    private readonly long?[]?[] histItem, histCategory;
    private readonly string?[]?[] tags;

    public ServedRows(int rows, int seed, int users = 50)
    {
        Random random = new(seed);
        Count = rows;
        (user, item, category, label) = (new long[rows], new long[rows], new long[rows], new int[rows]);
        (site, age, price) = (new string?[rows], new float?[rows], new double[rows]);
        (histItem, histCategory, tags) = (new long?[rows][], new long?[rows][], new string?[rows][]);
        for (int i = 0; i < rows; i++)
        {
            (user[i], item[i]) = (random.Next(users), 1_000_000_007L * random.Next(30));
            category[i] = item[i] % 5;
            site[i] = random.Next(10) == 0 ? null : $"site{random.Next(6)}";
            age[i] = random.Next(8) == 0 ? null : random.Next(18, 80);
            price[i] = random.NextDouble() * 4 - 2;
            histItem[i] = [.. Enumerable.Range(0, random.Next(13)).Select(_ => (long?)(1_000_000_007L * random.Next(32)))];
            histCategory[i] = [.. histItem[i]!.Select(v => v % 5)];
            tags[i] = [.. Enumerable.Range(0, random.Next(4)).Select(_ => $"tag{random.Next(9)}")];
            double z = histItem[i]!.Count(h => h % 5 == category[i]) - 1.2 + 0.3 * price[i] + (user[i] % 3 - 1) * 0.8;
            label[i] = random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
        }
    }

    public int Count { get; }

    /// <summary>The label of every row.</summary>
    public IReadOnlyList<int> Labels => label;

    /// <summary>The site of every row.</summary>
    public IReadOnlyList<string?> Sites => site;

    /// <summary>The user of every row.</summary>
    public IReadOnlyList<long> Users => user;

    public string Write(string path, int groupRows = 300, bool histories = true, bool labelled = true)
    {
        TestShard shard = new TestShard().Column("user", user).Column("item", item).Column("category", category).Text("site", site)
            .Nullable("age", age).Column("price", price).TextLists("tags", tags);
        if (labelled)
            shard = shard.Column("label", label);
        if (histories)
            shard = shard.Lists("hist_item", histItem!).Lists("hist_category", histCategory!);
        return shard.Write(path, groupRows);
    }

    public FeatureRow Fill(FeatureRow row, int i, bool histories = true)
    {
        row.Clear().Set("user", user[i]).Set("item", item[i]).Set("category", category[i]).Set("price", price[i]);
        row.Set("tags", tags[i]!.AsSpan());
        if (site[i] is { } s)
            row.Set("site", s);
        if (age[i] is { } a)
            row.Set("age", a);
        if (histories)
            row.Set("hist_item", Integers(histItem[i]!)).Set("hist_category", Integers(histCategory[i]!));
        return row;
    }

    /// <summary>Only the item columns of a row, over the context of another row.</summary>
    public FeatureRow FillItem(FeatureRow row, int i) => row.Set("item", item[i]).Set("category", category[i]).Set("price", price[i]);

    /// <summary>The row as a service would get it.</summary>
    public string Json(int i) => System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["user"] = user[i],
        ["item"] = item[i],
        ["category"] = category[i],
        ["site"] = site[i],
        ["age"] = age[i],
        ["price"] = price[i],
        ["tags"] = tags[i],
        ["hist_item"] = histItem[i],
        ["hist_category"] = histCategory[i],
    });

    private static long[] Integers(long?[] list) => [.. list.Select(v => v!.Value)];
}

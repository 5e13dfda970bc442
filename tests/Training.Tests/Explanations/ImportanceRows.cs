namespace GpuCtr.Training.Tests.Explanations;

/// <summary>Rows with every kind of column, whose label follows from them; a column can be taken from other rows before they are written.</summary>
internal sealed class ImportanceRows
{
    private readonly int[] label;
    private readonly long[] user, item, brand;
    private readonly string?[] site;
    private readonly float?[] age;
    private readonly DateTime[] created;
    private readonly long?[]?[] histItem, histBrand;
    private readonly double[] weight;

    public ImportanceRows(int rows, int seed)
    {
        Random random = new(seed);
        Count = rows;
        (label, weight, user, item, brand, site, age, created) = (new int[rows], new double[rows], new long[rows], new long[rows], new long[rows], new string?[rows], new float?[rows], new DateTime[rows]);
        (histItem, histBrand) = (new long?[rows][], new long?[rows][]);
        for (int i = 0; i < rows; i++)
        {
            (user[i], item[i], brand[i], weight[i]) = (random.Next(12), random.Next(20), item[i] % 4, 1 + random.Next(3));
            brand[i] = item[i] % 4;
            site[i] = random.Next(8) == 0 ? null : $"site{random.Next(6)}";
            age[i] = random.Next(5) == 0 ? null : random.Next(18, 80);
            created[i] = new DateTime(2024, 1, 1 + random.Next(28), random.Next(24), 0, 0, DateTimeKind.Utc);
            histItem[i] = [.. Enumerable.Range(0, random.Next(6)).Select(_ => (long?)random.Next(20))];
            histBrand[i] = [.. histItem[i]!.Select(v => v % 4)];
            double z = (user[i] % 2 * 2 - 1) + 0.6 * (site[i] is null ? 1 : site[i]!.Length % 2 - 0.5) + (age[i] is null ? 1 : -0.3) + 0.4 * (created[i].Hour / 12) + 0.8 * histBrand[i]!.Count(b => b == brand[i]) - 0.8;
            label[i] = random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
        }
    }

    public int Count { get; }

    /// <summary>Writes them.</summary>
    /// <param name="path">Where.</param>
    /// <param name="permuted">Columns taken from other rows.</param>
    /// <param name="from">(rows) from which.</param>
    /// <param name="group">Rows of a row group.</param>
    public string Write(string path, string[]? permuted = null, int[]? from = null, int group = 150)
    {
        T[] Of<T>(string column, T[] values) => permuted?.Contains(column) == true ? [.. from!.Select(row => values[row])] : values;
        return new TestShard().Column("label", label).Column("weight", weight).Column("user", Of("user", user)).Text("site", Of("site", site)).Nullable("age", Of("age", age))
            .Column("created", Of("created", created)).Column("item", Of("item", item)).Column("brand", Of("brand", brand))
            .Lists<long>("hist_item", Of("hist_item", histItem)).Lists<long>("hist_brand", Of("hist_brand", histBrand)).Write(path, group);
    }
}

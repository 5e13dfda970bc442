using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training.Tests.Export;

/// <summary>A table whose columns have the names that are derived from other columns, and names that nobody should use.</summary>
internal sealed class NastyNames
{
    private const int Rows = 300;

    private static readonly string[] derived =
    [
        "created:hour", "created:hour_2", "created:weekday", "hist_item_mask", "tags_mask", "tags_mask_2", "score", "logit", "unnamed", "embedding", "first_order", "bias",
        "numeric.weights", "mlp.0.weight", "tower.0.weight", "att.0.weight q", "Add_0", "Unsqueeze_1", "Concat_2", "i0", "n0", "f0", "B", "T0", "T_tags", "count", "value",
    ];

    private static readonly string[] hostile =
    [
        "", " ", "a/b", "../../etc/passwd", "a\0b", "a_b", $"{new string('n', 300)}1", $"{new string('n', 300)}2", "\"'`", "new\nline\r", "c,omma", "=", "emoji 🎉", "ünïcode", "day=1", "[red]", "{x}",
        "<script>alert(1)</script>", "ITEM", "Score", ".", "..", "CON", "%00", "\u001b[31m", "__metadata__",
    ];

    private readonly long[] item = [.. Enumerable.Range(0, Rows).Select(i => (long)(i * 31 % 7))];
    private readonly long?[][] history = [.. Enumerable.Range(0, Rows).Select(i => Enumerable.Range(0, i % 4).Select(t => (long?)((i + t) % 7)).ToArray())];
    private readonly string?[][] tags = [.. Enumerable.Range(0, Rows).Select(i => Enumerable.Range(0, i % 3).Select(t => $"tag{(i + t) % 5}").ToArray())];
    private readonly DateTime[] created = [.. Enumerable.Range(0, Rows).Select(i => new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(7 * i))];

    /// <summary>Integer columns of a value for each row and name.</summary>
    public static IReadOnlyList<string> Ids { get; } = [.. derived, .. hostile];

    /// <summary>Number columns with nulls, whose indicators are columns as well.</summary>
    public static IReadOnlyList<string> Numbers { get; } = ["x", "x_missing", "x_missing_missing", "x_missing_2"];

    public string Write(string path)
    {
        TestShard shard = new TestShard().Column("label", [.. Enumerable.Range(0, Rows).Select(i => i * 31 % 7 + i % 3 > 4 ? 1 : 0)]).Column("item", item).Column("created", created)
            .Lists("hist_item", history).TextLists("tags", tags);
        foreach ((int c, string name) in Ids.Index())
            shard = shard.Column(name, [.. Enumerable.Range(0, Rows).Select(i => Id(i, c))]);
        foreach ((int c, string name) in Numbers.Index())
            shard = shard.Nullable(name, [.. Enumerable.Range(0, Rows).Select(i => Number(i, c))]);
        return shard.Write(path, groupRows: 120);
    }

    public FeatureRow[] Fill(CtrModel model) => [.. Enumerable.Range(0, Rows).Select(i => Fill(model.NewRow(), i))];

    private FeatureRow Fill(FeatureRow row, int i)
    {
        row.Set("item", item[i]).Set("tags", tags[i].AsSpan());
        if (row.Encoder.Columns.Any(c => c.Name == "hist_item"))
            row.Set("hist_item", [.. history[i].Select(v => v!.Value)]);
        foreach ((int f, CategoricalColumn field) in row.Encoder.State.Categorical.Index().Where(c => c.Item.Kind == ValueKind.Time))
            row.Set(row.Encoder.Spec.Categorical[f].Name, field.Rule == KeyRule.Hour ? created[i].Hour : (long)created[i].DayOfWeek);
        foreach ((int c, string name) in Ids.Index())
            row.Set(name, Id(i, c));
        foreach ((int c, string name) in Numbers.Index())
        {
            if (Number(i, c) is { } x)
                row.Set(name, x);
        }

        return row;
    }

    private static long Id(int i, int column) => (i + column) * (column + 3) % 5;

    private static double? Number(int i, int column) => (i + column) % 4 == 0 ? null : (i * (column + 2) % 17) / 4.0;
}

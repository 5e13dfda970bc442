namespace GpuCtr.Datagen.Tests;

public sealed class AmazonTableTests : OwnFolder
{
    public static TheoryData<ulong, AmazonShape> Shapes => new()
    {
        { 1, new AmazonShape() },
        { 2, new AmazonShape { Users = 50_000, Items = 100_003, Categories = 1_000, MaxHistory = 100 } },
        { 3, new AmazonShape { Users = 10, Items = 30, Categories = 30, MaxHistory = 5 } },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Auc_of_any_table_leaves_mean_pooling_behind(ulong seed, AmazonShape shape)
    {
        var (_, block) = Draw(seed, shape, 60_000);
        var tally = new TruthTally(60_000);
        tally.Add(0, block);
        var figures = tally.Figures();
        Assert.InRange(figures.BestAuc, 0.75, 0.85);
        Assert.InRange(figures.LabelRate, 0.28, 0.32);
        // In a history of five there is little to blur.
        Assert.InRange(figures.BaselineAuc, 0.6, figures.BestAuc - (shape.MaxHistory < 10 ? 0.01 : 0.05));
    }

    [Theory]
    [InlineData(1, 200, 50)]
    [InlineData(2, 10, 30)]
    public void A_drifting_interest_is_in_the_order_of_a_history(ulong seed, int categories, int longest)
    {
        var (table, block) = Draw(seed, new AmazonShape { Items = 2_000, Categories = categories, MaxHistory = longest, Drift = true }, 60_000);
        var tally = new TruthTally(60_000);
        tally.Add(0, block);
        var figures = tally.Figures();
        Assert.InRange(figures.BestAuc, 0.82, 0.84);
        Assert.InRange(figures.LabelRate, 0.28, 0.32);
        Assert.InRange(figures.BaselineAuc, 0.6, 0.74);

        // The order alone: turned round, related clicks that were recent are old.
        var rows = block.Rows;
        int turned = 0;
        for (int i = 0; i < 2_000; i++)
        {
            double before = table.Interest.Related(rows, i), orderless = table.Interest.Simpler(rows, i);
            rows.HistoryItems.AsSpan(rows.Offsets[i]..rows.Offsets[i + 1]).Reverse();
            Assert.Equal(orderless, table.Interest.Simpler(rows, i), 1e-12);
            turned += Math.Abs(table.Interest.Related(rows, i) - before) > 0.1 ? 1 : 0;
        }
        Assert.InRange(turned, 800, 2_000);
    }

    [Fact]
    public void The_mean_over_all_orders_is_the_simpler_rule_of_a_drift()
    {
        var (table, block) = Draw(7, new AmazonShape { Items = 40, Categories = 4, MaxHistory = 5, Drift = true }, 200);
        var rows = block.Rows;
        for (int i = 0; i < rows.Count; i++)
        {
            int[] history = rows.History(i).ToArray();
            if (history.Length != 4)
                continue;
            double sum = 0;
            int orders = 0;
            for (int code = 0; code < 256; code++)
            {
                int[] order = [code & 3, (code >> 2) & 3, (code >> 4) & 3, code >> 6];
                if (order.Distinct().Count() < 4)
                    continue;
                for (int t = 0; t < 4; t++)
                    rows.HistoryItems[rows.Offsets[i] + t] = history[order[t]];
                sum += table.Interest.Related(rows, i);
                orders++;
            }
            Assert.Equal(24, orders);
            Assert.Equal(sum / orders, table.Interest.Simpler(rows, i), 1e-12);
        }
    }

    [Fact]
    public void Unrelated_items_of_a_history_change_nothing()
    {
        var (table, block) = Draw(4, new AmazonShape(), 2_000);
        var rows = block.Rows;
        for (int i = 0; i < rows.Count; i++)
        {
            double before = table.Truth.Probability(rows, i);
            int category = table.Catalogue.CategoryOf(rows.Items[i]);
            foreach (ref int item in rows.HistoryItems.AsSpan(rows.Offsets[i]..rows.Offsets[i + 1]))
            {
                if (table.Catalogue.CategoryOf(item) != category)
                    item = table.Catalogue.DrawItem((category + 1) % 200, 12345);
            }
            Assert.Equal(before, table.Truth.Probability(rows, i));
        }
    }

    [Fact]
    public void Histories_vary_in_length_and_mix_several_interests()
    {
        var (table, block) = Draw(5, new AmazonShape(), 50_000);
        var rows = block.Rows;
        int[] lengths = [.. Enumerable.Range(0, rows.Count).Select(i => rows.History(i).Length)];
        Assert.InRange(lengths.Count(length => length == 0) / 50_000.0, 0.04, 0.06);
        Assert.Equal(50, lengths.Max());
        Assert.InRange(lengths.Average(), 17, 22);
        double interests = Enumerable.Range(0, rows.Count).Where(i => lengths[i] >= 30)
            .Average(i => rows.History(i).ToArray().Select(table.Catalogue.CategoryOf).Distinct().Count());
        Assert.InRange(interests, 6, 9);
    }

    [Fact]
    public async Task Columns_read_back_are_those_that_were_drawn()
    {
        const int rows = ShardFile.RowsPerGroup + 100;
        var stream = CounterStream.FromSeed(6);
        var table = new AmazonTable(stream.Child(0), new AmazonShape { MaxHistory = 4 });
        await ShardFile.WriteAsync(Folder.File("shard.parquet"), table, stream.Child(1), 0, rows, Codec.Zstd, new TruthTally(rows), CancellationToken.None);
        var read = await ListRows.ReadAsync(Folder.File("shard.parquet"));
        Assert.Equal(["label", "user", "item", "category", "hist_item", "hist_category"], read.Keys);

        var block = (AmazonBlock)table.NewBlock(rows);
        block.Fill(stream.Child(1), 0, rows);
        for (int i = 0; i < rows; i++)
        {
            var history = block.Rows.History(i).ToArray();
            int category = table.Catalogue.CategoryOf(block.Rows.Items[i]);
            Assert.Equal(block.Labels[i].ToString(), read["label"][i][0]);
            Assert.Equal(table.Catalogue.UserId(block.Rows.Users[i]).ToString(), read["user"][i][0]);
            Assert.Equal(table.Catalogue.ItemId(block.Rows.Items[i]).ToString(), read["item"][i][0]);
            Assert.Equal(table.Catalogue.CategoryId(category).ToString(), read["category"][i][0]);
            Assert.Equal(history.Select(item => table.Catalogue.ItemId(item).ToString()), read["hist_item"][i]);
            Assert.Equal(history.Select(item => table.Catalogue.CategoryId(table.Catalogue.CategoryOf(item)).ToString()), read["hist_category"][i]);
        }
    }

    [Fact]
    public async Task Rows_do_not_depend_on_the_number_of_shards_and_runs_repeat()
    {
        var request = new SynthRequest { Shape = new AmazonShape(), Rows = 3_000, Shards = 3, TestRows = 100, Out = Folder.File("a") };
        await SmallRun.ExecuteAsync(request);
        await SmallRun.ExecuteAsync(request with { Out = Folder.File("b") });
        await SmallRun.ExecuteAsync(request with { Out = Folder.File("one"), Shards = 1 });
        foreach (string name in new[] { "shard-0.parquet", "shard-2.parquet", "test.parquet", "truth.json" })
            Assert.Equal(File.ReadAllBytes(Folder.File($"a/{name}")), File.ReadAllBytes(Folder.File($"b/{name}")));
        var whole = await ListRows.ReadAsync(Folder.File("one/shard-0.parquet"));
        var last = await ListRows.ReadAsync(Folder.File("a/shard-2.parquet"));
        Assert.Equal(whole["hist_item"][2_000..], last["hist_item"]);
    }

    private static (AmazonTable Table, AmazonBlock Block) Draw(ulong seed, AmazonShape shape, int rows)
    {
        var stream = CounterStream.FromSeed(seed);
        var table = new AmazonTable(stream.Child(0), shape);
        var block = (AmazonBlock)table.NewBlock(rows);
        block.Fill(stream.Child(1), 0, rows);
        return (table, block);
    }
}

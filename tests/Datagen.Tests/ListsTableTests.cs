using System.Text.Json.Nodes;

namespace GpuCtr.Datagen.Tests;

/// <summary>Lists in which an item is worth what the others of its category leave of it.</summary>
public sealed class ListsTableTests : OwnFolder
{
    private static readonly CounterStream stream = CounterStream.FromSeed(7);

    private static ItemList[] Lists(int count) => [.. Enumerable.Range(0, count).Select(n => new ItemList(stream, n, categories: 4))];

    [Fact]
    public void Lists_follow_each_other_and_every_row_finds_its_own()
    {
        long row = 0;
        foreach (ItemList list in Lists(200))
        {
            Assert.Equal(row, list.FirstRow);
            Assert.InRange(list.Labels.Length, 5, 15);
            for (int i = 0; i < list.Labels.Length; i++, row++)
                Assert.Equal(list.Number, ItemList.Of(stream, row, 4).Number);
        }
    }

    [Fact]
    public void A_better_bargain_of_the_same_category_takes_the_clicks()
    {
        foreach (ItemList list in Lists(300))
            for (int i = 0; i < list.Labels.Length; i++)
            {
                double w = (double)list.Quality[i] - list.Price[i];
                double gap = Enumerable.Range(0, list.Labels.Length).Where(j => list.Categories[j] == list.Categories[i]).Max(j => (double)list.Quality[j] - list.Price[j]) - w;
                Assert.Equal(1 / (1 + Math.Exp(-(1 + w / 2 - 3 * gap))), list.Probabilities[i], 1e-9);
            }
    }

    [Fact]
    public void Ndcg_is_that_of_its_formula()
    {
        ItemList list = Lists(50).First(l => l.Labels.Sum() is > 1 and < 5 && l.Labels.Length > 6);
        int[] order = [.. Enumerable.Range(0, list.Labels.Length).OrderByDescending(i => list.Probabilities[i])];
        double gain = Enumerable.Range(0, 5).Sum(place => list.Labels[order[place]] / Math.Log2(place + 2)), best = Enumerable.Range(0, list.Labels.Sum()).Sum(place => 1 / Math.Log2(place + 2));
        Assert.Equal(gain / best, list.Ndcg(list.Probabilities, 5)!.Value, 1e-9);
        Assert.Equal(1, list.Ndcg([.. list.Labels.Select(y => (double)y)], 5)!.Value, 1e-9);
    }

    [Fact]
    public async Task No_shard_cuts_a_list_and_the_best_ndcg_is_above_that_of_items_by_themselves()
    {
        SynthRequest request = new() { Out = Folder.File("lists"), Rows = 20_020, Shards = 3, TestRows = 2000, Shape = new ListsShape() };
        var (_, training, test) = await SmallRun.ExecuteAsync(request);
        foreach (TruthFigures figures in new[] { training, test!.Value })
        {
            Assert.InRange(figures.Lists.BestNdcg, figures.Lists.BaselineNdcg + 0.05, 1);
            Assert.InRange(figures.Lists.BaselineNdcg, figures.Lists.ShownNdcg + 0.2, 1);
        }
        Assert.All(ShardPlan.Split(20_020, 3, 20), shard => Assert.Equal((0, 0), (shard.First % 20, shard.Count % 20)));
        JsonNode report = JsonNode.Parse(File.ReadAllText(Folder.File("lists/truth.json")))!;
        Assert.Equal(training.Lists.BestNdcg, (double)report["best_ndcg"]!, 1e-6);
        // Other shards, same lists.
        var (_, again, _) = await SmallRun.ExecuteAsync(request with { Out = Folder.File("again"), Shards = 1 });
        Assert.Equal(training.Lists, again.Lists);
        Assert.Contains("--rows 20021 cuts a list", Assert.Throws<UsageException>((request with { Rows = 20_021 }).Check).Message, StringComparison.Ordinal);
    }
}

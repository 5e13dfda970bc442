using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Tests.Metrics;

/// <summary>Metrics of ranks and of lists, against values worked out by hand: log₂ 2 = 1, log₂ 4 = 2, log₂ 8 = 3, log₂ 3 = 1.5849625….</summary>
[Trait("Speed", "Fast")]
public sealed class RankingMetricTests
{
    private static readonly double log3 = Math.Log2(3), log5 = Math.Log2(5), log6 = Math.Log2(6);

    [Fact]
    public void Next_item_metrics_are_those_worked_out_by_hand()
    {
        NextItemMetrics at3 = NextItemMetrics.Of([1, 3, 7, 2], 3);
        Assert.Equal(0.75, at3.HitRate);
        AssertNear((1 + 1 / 2.0 + 1 / log3) / 4, at3.Ndcg);
        AssertNear((1 + 1 / 3.0 + 1 / 7.0 + 1 / 2.0) / 4, at3.Mrr);
        Assert.Equal((3, 4), (at3.K, at3.Predictions));
        NextItemMetrics at7 = NextItemMetrics.Of([1, 3, 7, 2], 7);
        Assert.Equal(1.0, at7.HitRate);
        AssertNear((1 + 1 / 2.0 + 1 / 3.0 + 1 / log3) / 4, at7.Ndcg);
        Assert.Equal(new NextItemMetrics(10, 1, 1, 1, 2), NextItemMetrics.Of([1, 1], 10));
        Assert.Equal(new NextItemMetrics(1, 0, 0, 0.25, 1), NextItemMetrics.Of([4], 1));
    }

    [Fact]
    public void Next_item_metrics_have_the_same_bits_in_every_order_of_the_ranks()
    {
        Random random = new(3);
        int[] ranks = [.. Enumerable.Range(0, 1000).Select(_ => random.Next(1, 200))], other = [.. ranks];
        random.Shuffle(other);
        Assert.Equal(NextItemMetrics.Of(ranks, 10), NextItemMetrics.Of(other, 10));
    }

    [Fact]
    public void Next_item_metrics_without_ranks_are_null_and_a_rank_of_0_is_refused()
    {
        Assert.Equal(new NextItemMetrics(10, null, null, null, 0), NextItemMetrics.Of([], 10));
        Assert.Contains("rank 0", Assert.Throws<ArgumentException>(() => NextItemMetrics.Of([1, 0], 10)).Message);
        Assert.ThrowsAny<ArgumentException>(() => NextItemMetrics.Of([1], 0));
    }

    [Fact]
    public void List_metrics_are_those_worked_out_by_hand()
    {
        // By falling score: 0 1 0 1 1 (places 2, 4, 5).
        ListMetrics one = ListMetrics.Of([0.1f, 0.9f, 0.5f, 0.3f, 0.7f], [1, 0, 0, 1, 1], [0, 5], 3);
        AssertNear(1 / log3 / (1 + 1 / log3 + 1 / 2.0), one.Ndcg);
        AssertNear(1 / 2.0 / 3, one.Map);
        AssertNear(1 / 3.0, one.Precision);
        one = ListMetrics.Of([0.1f, 0.9f, 0.5f, 0.3f, 0.7f], [1, 0, 0, 1, 1], [0, 5], 5);
        AssertNear((1 / log3 + 1 / log5 + 1 / log6) / (1 + 1 / log3 + 1 / 2.0), one.Ndcg);
        AssertNear((1 / 2.0 + 2 / 4.0 + 3 / 5.0) / 3, one.Map);
        AssertNear(3 / 5.0, one.Precision);
    }

    [Fact]
    public void List_metrics_are_means_over_the_lists_with_a_click()
    {
        // A list with its click at place 1, one without a click, an empty one, one with its click at place 3 of 3.
        ListMetrics all = ListMetrics.Of([2, 1, 5, 4, 3, 2, 1], [1, 0, 0, 0, 0, 0, 1], [0, 2, 4, 4, 7], 4);
        AssertNear((1 + 1 / 2.0) / 2, all.Ndcg);
        AssertNear((1 + 1 / 3.0) / 2, all.Map);
        AssertNear((1 / 4.0 + 1 / 4.0) / 2, all.Precision);
        Assert.Equal((2, 2), (all.ListsUsed, all.ListsLeftOut));
        Assert.Equal(new ListMetrics(5, null, null, null, 0, 1), ListMetrics.Of([1, 2], [0, 0], [0, 2], 5));
        Assert.Equal(new ListMetrics(5, null, null, null, 0, 0), ListMetrics.Of([], [], [0], 5));
    }

    [Fact]
    public void Ties_stand_in_the_order_shown_and_a_score_that_is_no_number_gives_no_metric()
    {
        Assert.Equal(1, ListMetrics.Of([7, 7, 7], [1, 0, 0], [0, 3], 3).Ndcg);
        Assert.Equal(0.5, ListMetrics.Of([7, 7, 7], [0, 0, 1], [0, 3], 3).Ndcg);
        AssertNear(1 / log3, ListMetrics.Of([7, 7, 9, 7], [1, 0, 0, 0], [0, 4], 3).Ndcg);
        ListMetrics of = ListMetrics.Of([float.NaN, 1, 2, 1], [1, 0, 1, 0], [0, 2, 4], 3);
        Assert.Equal(new ListMetrics(3, null, null, null, 2, 0), of);
    }

    [Fact]
    public void Lists_that_do_not_fit_their_scores_are_refused()
    {
        Assert.Contains("2 scores, 1 labels", Assert.Throws<ArgumentException>(() => ListMetrics.Of([1, 2], [1], [0, 2], 3)).Message);
        Assert.Throws<ArgumentException>(() => ListMetrics.Of([1, 2], [1, 0], [0, 1], 3));
        Assert.ThrowsAny<ArgumentException>(() => ListMetrics.Of([1, 2], [1, 0], [0, 2], 0));
    }

    private static void AssertNear(double expected, double? actual) => Assert.Equal(expected, Assert.NotNull(actual), 1e-14);
}

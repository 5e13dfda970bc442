using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.NextItems;

/// <summary>Ranks, best items and scores of candidates of whole models, against the scores of all items computed from the states.</summary>
public sealed class ItemRankingTests
{
    private const int B = 24, D = 8, K = 5, C = 3;

    public static TheoryData<string, string> OnDevices => TestDevices.Times(NextItemData.Models.Keys);

    [SkippableTheory]
    [MemberData(nameof(OnDevices))]
    public void Ranks_best_items_and_scores_follow_from_the_states(string device, string name)
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get(device), name, B);
        using Batch batch = NextItemData.Batch(model, name, B - 3, seed: 2);
        // Moves the biases away from 0.
        model.TrainStep(batch, 0.05);
        int m = batch.Predictions!.Count;
        double[][] scores = Scores(model, batch);
        foreach (bool leaveOut in new[] { false, true })
        {
            using ItemRanking ranking = new(model, new(Ranks: true, K, C, leaveOut));
            int[] ranks = new int[m], items = new int[m * K], candidates = [.. Enumerable.Range(0, m * C).Select(i => i % 7 == 3 ? -1 : 1 + i * 5 % NextItemData.Items)];
            float[] best = new float[m * K], ofCandidates = new float[m * C];
            ranking.RanksOf(batch, ranks);
            ranking.TopOf(batch, items, best);
            ranking.ScoresOf(batch, candidates, ofCandidates);
            for (int i = 0; i < m; i++)
            {
                int[] own = leaveOut ? Own(batch, i) : [];
                int right = batch.Predictions.Items[i];
                int[] named = [.. Enumerable.Range(1, NextItemData.Items).Where(v => !own.Contains(v))];
                double Score(int item) => scores[i][item - 1];
                // Scores that are nearly equal may change places.
                int ahead = named.Count(v => v != right && Score(v) > Score(right) + 1e-4), near = named.Count(v => v != right && Math.Abs(Score(v) - Score(right)) <= 1e-4);
                Assert.InRange(ranks[i], 1 + ahead, 1 + ahead + near);
                double[] wanted = [.. named.Select(Score).OrderDescending().Concat(Enumerable.Repeat(double.NegativeInfinity, K)).Take(K)];
                for (int k = 0; k < K; k++)
                {
                    int item = items[i * K + k];
                    AssertScore(wanted[k], best[i * K + k]);
                    Assert.Equal(k < named.Length, item > 0);
                    if (item > 0)
                        AssertScore(Score(item), best[i * K + k]);
                    Assert.DoesNotContain(item, own);
                }
                Assert.Equal(Math.Min(K, named.Length), items[(i * K)..((i + 1) * K)].Where(item => item > 0).Distinct().Count());
                for (int c = 0; c < C; c++)
                    AssertScore(candidates[i * C + c] < 0 ? double.NegativeInfinity : Score(candidates[i * C + c]), ofCandidates[i * C + c]);
            }
        }
    }

    [Fact]
    public void An_item_that_cannot_be_named_stands_behind_all()
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get("cpu simd"), "sasrec", 2);
        using Batch batch = new(model.Device, model.Spec, 2) { Rows = 1 };
        batch.Sequences[0].SetIds(0, [3]);
        // The row of [MASK].
        batch.Predictions!.Add(0, NextItemData.Items + 1);
        batch.Prepare();
        using ItemRanking ranking = new(model, new(Ranks: true));
        int[] ranks = new int[1];
        ranking.RanksOf(batch, ranks);
        Assert.Equal(NextItemData.Items + 1, ranks[0]);
    }

    [Fact]
    public void Questions_that_do_not_fit_are_refused()
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get("cpu simd"), "sasrec", 2);
        using Batch batch = NextItemData.Batch(model, "sasrec", 2, seed: 1);
        using ItemRanking ranking = new(model, new(Candidates: 1));
        Assert.Contains("ranks are not among the questions", Assert.Throws<InvalidOperationException>(() => ranking.RanksOf(batch, new int[99])).Message, StringComparison.Ordinal);
        Assert.Contains("candidate 13 is not an item: items are rows 1 to 12", Assert.Throws<ArgumentException>(() => ranking.ScoresOf(batch, [.. Enumerable.Repeat(13, 99)], new float[99])).Message, StringComparison.Ordinal);
        using TrainableModel clicks = new(model.Device, SmallData.Spec(histories: false), ModelCatalog.Defaults("fm") with { EmbeddingDim = 4 }, 2);
        Assert.Contains("predicts clicks", Assert.Throws<KernelException>(() => new ItemRanking(clicks, new(Ranks: true))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Asking_a_hundred_times_allocates_nothing()
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get("cpu simd"), "sasrec", B);
        using Batch batch = NextItemData.Batch(model, "sasrec", B, seed: 2);
        int m = batch.Predictions!.Count;
        using ItemRanking ranking = new(model, new(Ranks: true, K, LeaveOutSequence: true));
        int[] ranks = new int[m], items = new int[m * K];
        float[] best = new float[m * K];
        void Run()
        {
            for (int i = 0; i < 100; i++)
            {
                ranking.RanksOf(batch, ranks);
                ranking.TopOf(batch, items, best);
            }
        }
        Run();
        ThreadAllocations threads = new(model.Device.Team!);
        long[] allocated = [.. Enumerable.Range(0, 10).Select(_ => threads.Of(Run)).TakeWhile(bytes => bytes > 0)];
        Assert.True(allocated.Length < 10, $"bytes allocated in rounds of 100: {string.Join(", ", allocated)}");
    }

    private static void AssertScore(double expected, float actual) =>
        Assert.True(expected == actual || Math.Abs(expected - actual) <= 1e-4, $"a score is {actual:R} instead of {expected:R}");

    /// <summary>The items of the sequence that makes a prediction.</summary>
    private static int[] Own(Batch batch, int prediction)
    {
        BatchSequence s = batch.Sequences[0];
        int b = 0;
        while (s.Offsets[b + 1] <= batch.Predictions!.Entries[prediction])
            b++;
        return [.. Enumerable.Range(s.Offsets[b], s.Offsets[b + 1] - s.Offsets[b]).Select(s.IdAt)];
    }

    private static double[][] Scores(TrainableModel model, Batch batch)
    {
        float[] states = new float[batch.Predictions!.Count * D];
        model.Predict(batch, states);
        float[] Weight(string name) => model.Weights.FirstOrDefault(w => w.Name == name)?.ToArray(model.Device) ?? new float[NextItemData.Items];
        float[] table = Weight("embedding"), bias = Weight("out.bias");
        return [.. states.Chunk(D).Select(h => Enumerable.Range(1, NextItemData.Items).Select(v => bias[v - 1] + Enumerable.Range(0, D).Sum(d => (double)h[d] * table[v * D + d])).ToArray())];
    }
}

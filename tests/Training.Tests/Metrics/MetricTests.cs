using GpuCtr.Data.Features;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Tests.Metrics;

[Trait("Speed", "Fast")]
public sealed class MetricTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(50, 3)]
    [InlineData(400, 5)]
    [InlineData(400, 100_000)]
    public void Auc_equals_the_count_of_ordered_pairs(int rows, int distinct)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            (float[] scores, float[] labels, _) = Random(rows, distinct, 1, seed);
            AssertEqual(NaiveAuc(scores, labels), Auc.Of(scores, labels));
        }
    }

    [Fact]
    public void Auc_of_one_class_or_nan_is_null()
    {
        Assert.Null(Auc.Of([1, 2, 3], [1, 1, 1]));
        Assert.Null(Auc.Of([1, 2, 3], [0, 0, 0]));
        Assert.Null(Auc.Of([], []));
        Assert.Null(Auc.Of([1, float.NaN, 3], [0, 1, 0]));
        Assert.Equal(0.5, Auc.Of([7, 7, 7], [0, 1, 0]));
        Assert.Equal(1.0, Auc.Of([float.NegativeInfinity, float.PositiveInfinity], [0, 1]));
    }

    [Theory]
    [InlineData(300, 7)]
    [InlineData(300, 150)]
    public void GroupAuc_weighs_groups_with_both_labels_by_their_rows(int rows, int groups)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            (float[] scores, float[] labels, ulong[] keys) = Random(rows, 9, groups, seed);
            double sum = 0, weight = 0;
            int used = 0, left = 0;
            foreach (ulong key in keys.Distinct())
            {
                int[] members = [.. Enumerable.Range(0, rows).Where(i => keys[i] == key)];
                double? auc = NaiveAuc([.. members.Select(i => scores[i])], [.. members.Select(i => labels[i])]);
                (used, left) = auc is null ? (used, left + 1) : (used + 1, left);
                sum += auc * members.Length ?? 0;
                weight += auc is null ? 0 : members.Length;
            }

            GroupAuc result = GroupAuc.Of(scores, labels, keys);
            AssertEqual(weight == 0 ? null : sum / weight, result.Value);
            Assert.Equal((used, left, (long)weight), (result.GroupsUsed, result.GroupsLeftOut, result.RowsUsed));
        }
    }

    [Fact]
    public void GroupAuc_without_a_mixed_group_is_null()
    {
        Assert.Equal(new GroupAuc(null, 0, 2, 0), GroupAuc.Of([1, 2, 3], [1, 1, 0], [5, 5, 6]));
    }

    [Fact]
    public void LogLoss_equals_the_clipped_formula()
    {
        (float[] logits, float[] labels, _) = Random(500, 500, 1, 3);
        double sum = 0;
        for (int i = 0; i < 500; i++)
        {
            double p = Math.Clamp(1 / (1 + Math.Exp(-(double)logits[i])), 1e-7, 1 - 1e-7);
            sum -= labels[i] > 0 ? Math.Log(p) : Math.Log(1 - p);
        }

        Assert.Equal(sum / 500, LogLoss.Of(logits, labels)!.Value, 12);
        Assert.Equal(-Math.Log(1e-7), LogLoss.Of([-1000], [1])!.Value, 9);
        Assert.Equal(-Math.Log(1 - 1e-7), LogLoss.Of([float.PositiveInfinity], [1])!.Value, 9);
        Assert.Null(LogLoss.Of([], []));
    }

    [Fact]
    public void Calibration_bins_add_up()
    {
        (float[] logits, float[] labels, _) = Random(1000, 1000, 1, 5);
        Calibration calibration = Calibration.Of(logits, labels);
        double[] p = [.. logits.Select(z => 1 / (1 + Math.Exp(-(double)z)))];
        Assert.Equal(p.Sum() / labels.Sum(), calibration.Ratio!.Value, 10);
        Assert.Equal(1000, calibration.Bins.Sum(b => b.Rows));
        Assert.Equal(10, calibration.Bins.Count);
        foreach (CalibrationBin bin in calibration.Bins.Where(b => b.Rows > 0))
            Assert.InRange(bin.MeanPrediction!.Value, bin.Low, bin.High);
        Assert.Null(Calibration.Of([1, 2], [0, 0]).Ratio);
    }

    private static (float[] Scores, float[] Labels, ulong[] Groups) Random(int rows, int distinct, int groups, int seed)
    {
        var random = new Random(seed);
        return ([.. Enumerable.Range(0, rows).Select(_ => (random.Next(distinct) - distinct / 2) * 6f / distinct)],
            [.. Enumerable.Range(0, rows).Select(_ => (float)random.Next(2))],
            [.. Enumerable.Range(0, rows).Select(_ => (ulong)random.Next(groups))]);
    }

    private static double? NaiveAuc(float[] scores, float[] labels)
    {
        double wins = 0, pairs = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            for (int j = 0; j < scores.Length; j++)
            {
                if (labels[i] <= labels[j])
                    continue;
                pairs++;
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }

        return pairs == 0 ? null : wins / pairs;
    }

    private static void AssertEqual(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is not null)
            Assert.Equal(expected.Value, actual!.Value, 12);
    }
}

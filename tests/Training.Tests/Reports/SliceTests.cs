using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports;
using GpuCtr.Training.Reports.Charts;

namespace GpuCtr.Training.Tests.Reports;

[Trait("Speed", "Fast")]
public sealed class SliceTests
{
    [Fact]
    public void Standard_error_is_that_worked_out_by_hand() =>
        // Hanley and McNeil 1982 with an area of 0.893, 51 positives and 58 negatives: Q1 = 0.893/1.107 = 0.8066847, Q2 = 2·0.797449/1.893 = 0.8425240,
        // (0.0955510 + 50·(Q1 − 0.797449) + 57·(Q2 − 0.797449))/(51·58) = 3.1266148/2958 = 0.00105700. The counts the other way round would give 0.0311800.
        Assert.Equal(0.0325116, new Slice("", 109, 0.893, 51 / 109.0, 0.5).AucError, 5e-8);

    [Fact]
    public void Standard_error_is_the_spread_of_areas_of_exponential_scores()
    {
        // The formula is exact where scores of both labels are exponential: with means 4 and 1 the area is 4/5.
        const int positives = 12, negatives = 80, samples = 20_000;
        Random random = new(1);
        float Exponential(int mean) => (float)(-mean * Math.Log(1 - random.NextDouble()));
        float[] labels = [.. Enumerable.Repeat(1f, positives), .. Enumerable.Repeat(0f, negatives)];
        double[] areas = [.. Enumerable.Range(0, samples).Select(_ => Auc.Of([.. labels.Select(l => Exponential(l > 0 ? 4 : 1))], labels)!.Value)];
        double mean = areas.Average(), spread = Math.Sqrt(areas.Average(a => (a - mean) * (a - mean)));
        Assert.Equal(0.8, mean, 0.003);
        double error = new Slice("", positives + negatives, 0.8, (double)positives / (positives + negatives), 0.5).AucError;
        Assert.Equal(1, spread / error, 0.02);
    }

    [Fact]
    public void A_slice_with_one_label_has_neither_area_nor_error() => Assert.Equal(0, new Slice("", 5, null, 1, 0.5).AucError);

    [Fact]
    public void Axis_labels_are_round_and_within_the_axis()
    {
        Axis axis = Axis.Around([0.8189, 0.8226], fromZero: false);
        Assert.True(axis.Low < 0.8189 && axis.High > 0.8226 && axis.High - axis.Low < 0.006);
        double[] ticks = [.. axis.Ticks(5)];
        Assert.InRange(ticks.Length, 3, 6);
        Assert.All(ticks, t => Assert.Equal(Math.Round(t, 4), t, 1e-9));
        Assert.All(ticks, t => Assert.InRange(axis.At(t), 0, 1));
        Assert.Equal([0.0, 1, 2, 3], new Axis(-0.2, 3.1).Ticks(6, least: 1).Select(t => Math.Round(t, 9)));
    }
}

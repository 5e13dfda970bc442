using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Tests;

[Trait("Speed", "Fast")]
public sealed class ScheduleTests
{
    [Fact]
    public void Warm_up_rises_in_a_line()
    {
        LearningRateSchedule s = new(0.1, 10, 1, []);
        Assert.Equal(0.01, s.At(1, 1), 12);
        Assert.Equal(0.05, s.At(5, 1), 12);
        Assert.Equal(0.1, s.At(10, 1), 12);
        Assert.Equal(0.1, s.At(1000, 9), 12);
    }

    [Fact]
    public void Steps_multiply_from_their_epoch_on()
    {
        LearningRateSchedule s = new(1, 0, 1, [new(3, 0.1), new(5, 0.5)]);
        Assert.Equal([1.0, 1.0, 0.1, 0.1, 0.05], Enumerable.Range(1, 5).Select(e => s.At(100, e)), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Plateau_multiplies_after_every_epoch_that_is_not_better()
    {
        LearningRateSchedule s = new(1, 0, 0.1, []);
        s.EndEpoch(true);
        Assert.Equal(1, s.At(1, 2));
        s.EndEpoch(false);
        Assert.Equal(0.1, s.At(1, 3), 12);
        s.EndEpoch(false);
        Assert.Equal(0.01, s.At(1, 4), 12);
    }

    [Theory]
    [InlineData("auc", new[] { 0.6, 0.7, 0.65, 0.7, 0.71 }, new[] { 0, 0, 1, 2, 0 }, 5)]
    [InlineData("logloss", new[] { 0.6, 0.7, 0.5, 0.55, 0.56 }, new[] { 0, 1, 0, 1, 2 }, 3)]
    public void Monitored_value_counts_epochs_without_a_better_one(string metric, double[] values, int[] stale, int best)
    {
        MonitoredValue monitored = new(metric);
        for (int i = 0; i < values.Length; i++)
        {
            monitored.Observe(i + 1, Of(values[i]));
            Assert.Equal(stale[i], monitored.Stale);
        }

        Assert.Equal(best, monitored.BestEpoch);
    }

    [Fact]
    public void Undefined_values_never_beat_defined_ones()
    {
        MonitoredValue monitored = new("auc");
        Assert.True(monitored.Observe(1, Of(null)));
        Assert.True(monitored.Observe(2, Of(null)));
        Assert.True(monitored.Observe(3, Of(0.4)));
        Assert.False(monitored.Observe(4, Of(null)));
        Assert.Equal(3, monitored.BestEpoch);
    }

    private static Evaluation Of(double? value) => new(1, value, value, null, new Calibration(null, []));
}

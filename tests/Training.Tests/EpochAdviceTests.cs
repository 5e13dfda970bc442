using GpuCtr.Engine.Screens;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Tests;

/// <summary>Nonsense is not trained in silence: what each kind of it is told.</summary>
[Trait("Speed", "Fast")]
public sealed class EpochAdviceTests : IDisposable
{
    private const double Quarter = 0.25;

    // Logloss of predicting .25 for every row.
    private const double Constant = 0.5623;

    private readonly StringWriter told = new();
    private readonly RunLog runLog;

    public EpochAdviceTests() => runLog = new(new PlainScreen(told), verbose: false);

    public void Dispose()
    {
        runLog.Dispose();
        told.Dispose();
    }

    [Fact]
    public void Logloss_of_the_label_rate_is_its_entropy()
    {
        Assert.Equal(Constant, EpochAdvice.LogLossOf(Quarter)!.Value, 4);
        Assert.Null(EpochAdvice.LogLossOf(1));
        Assert.Null(EpochAdvice.LogLossOf(0));
    }

    [Fact]
    public void Epochs_as_they_should_be_are_not_commented()
    {
        Say((1, 20, 0.65, 0.45, 0.60), (2, 400, 0.50, 0.75, 0.5622));
        Assert.Equal("", told.ToString());
    }

    [Theory]
    [InlineData(2, "2 steps only", "--batch-size 64")]
    [InlineData(500, "--model lr", "inverted")]
    public void AUC_below_a_half_is_said_once_with_advice(int step, params string[] advice)
    {
        Say((3, step, 0.55, 0.45, 0.55), (4, step, 0.55, 0.45, 0.55));
        Assert.All(advice.Prepend("AUC 0.450 is below .5"), a => Assert.Contains(a, told.ToString()));
        Assert.Single(told.ToString().Trim().Split('\n'));
    }

    [Theory]
    [InlineData(2, 0.60, "2 steps only")]
    [InlineData(500, 0.40, "overfits")]
    [InlineData(500, 0.60, "learned nothing yet; lower --lr (now 0.01)")]
    public void Logloss_above_that_of_the_label_rate_is_said_with_its_likely_cause(int step, double train, string advice)
    {
        Say((3, step, train, 0.7, 0.5624));
        Assert.Contains("logloss 0.562 is above 0.562, that of predicting the label rate (25.0 %) for every row", told.ToString());
        Assert.Contains(advice, told.ToString());
    }

    [Fact]
    public void A_learning_rate_that_blew_up_is_said()
    {
        Say((1, 300, 0.40, 0.7, 0.5), (2, 600, 0.61, 0.7, 0.5));
        Assert.Contains("train: logloss 0.610 is far above the 0.400 of the epoch before: the steps are too large; lower --lr (now 0.01) to a tenth, or add --clip-norm 10", told.ToString());
    }

    [Fact]
    public void A_first_epoch_that_blew_up_is_compared_with_the_label_rate()
    {
        Say((1, 300, 0.90, 0.7, 0.5));
        Assert.Contains("far above 0.562, that of predicting the label rate", told.ToString());
    }

    [Theory]
    [InlineData(3, 3, 3000, "still improving", "--resume --out runs/x --epochs 10")]
    [InlineData(3, 2, 3000, "", "")]
    [InlineData(2, 2, 3000, "", "")]
    [InlineData(3, 3, 12, "after 12 steps, too few", "--batch-size 64")]
    public void A_run_that_ended_while_it_improved_or_before_it_learned_says_how_to_go_on(int epochs, int best, int step, string text, string advice)
    {
        MonitoredValue monitored = new("auc");
        for (int e = 1; e <= epochs; e++)
            monitored.Observe(e, Evaluation(0.6 + (e <= best ? 0.01 * e : 0), 0.5));
        Advice().SayAtTheEnd(monitored, epochs, step, "runs/x");
        Assert.Contains(text, told.ToString());
        Assert.Contains(advice, told.ToString());
        Assert.Equal(text.Length == 0, told.ToString().Length == 0);
    }

    private EpochAdvice Advice() => new(runLog, TrainSettings.Of(new() { Shards = ["x.parquet"], Epochs = 3, BatchSize = 256 }));

    private void Say(params (int Epoch, int Step, double Train, double Auc, double Valid)[] epochs)
    {
        EpochAdvice advice = Advice();
        foreach ((int epoch, int step, double train, double auc, double valid) in epochs)
            advice.Say(new(epoch, step, 1000, train, null, Evaluation(auc, valid), 0.01, 1, 0, true), Quarter);
    }

    private static Evaluation Evaluation(double auc, double logloss) => new(1000, auc, logloss, null, new Calibration(1, [])) { LabelRate = Quarter };
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using GpuCtr.Data.Features;

namespace GpuCtr;

/// <summary>The metrics of this process (System.Diagnostics.Metrics), for OpenTelemetry and dotnet-counters: docs/metrics.md.</summary>
/// <remarks>Without a listener, a measurement costs one branch. Nothing is allocated either way.</remarks>
public static class Telemetry
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "gpu_ctr";

    private const string Phase = "phase";

    private static readonly Meter meter = new(MeterName);
    private static readonly Counter<long> rows = meter.CreateCounter<long>("gpu_ctr.rows", "{row}", "rows done, by phase: train, evaluate, predict or score");
    private static readonly Histogram<double> stepTime = Times("gpu_ctr.step_time", "wall time of a training step, without the wait for its batch", [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]);
    private static readonly Counter<double> loaderWait = meter.CreateCounter<double>("gpu_ctr.loader_wait", "s", "time spent waiting for batches");
    private static readonly Gauge<double> loss = meter.CreateGauge<double>("gpu_ctr.loss", "nat", "mean logloss of the training rows since the last value");
    private static readonly Gauge<double> learningRate = meter.CreateGauge<double>("gpu_ctr.learning_rate", null, "learning rate of the last step");
    private static readonly Gauge<double> validAuc = meter.CreateGauge<double>("gpu_ctr.valid_auc", null, "AUC of the validation rows after an epoch");
    private static readonly Gauge<double> validLogLoss = meter.CreateGauge<double>("gpu_ctr.valid_logloss", "nat", "logloss of the validation rows after an epoch");
    private static readonly Counter<long> skippedSteps = meter.CreateCounter<long>("gpu_ctr.skipped_steps", "{step}", "training steps left out because loss or gradient was not finite");
    private static readonly Histogram<double> checkpointTime = Times("gpu_ctr.checkpoint_time", "time training stood still for a checkpoint", [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60]);
    private static readonly Histogram<double> scoreTime = Times("gpu_ctr.score_time", "a call of CtrModel.Score", [10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 0.001, 0.01, 0.1]);

    private static Histogram<double> Times(string name, string description, double[] boundaries) =>
        meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = boundaries });

    /// <summary>The current timestamp if there is a listener for score times; else 0.</summary>
    internal static long BeginScore => scoreTime.Enabled ? Stopwatch.GetTimestamp() : 0;

    internal static void Rows(string phase, int count) => rows.Add(count, new KeyValuePair<string, object?>(Phase, phase));

    internal static void Step(int batchRows, TimeSpan time)
    {
        Rows("train", batchRows);
        stepTime.Record(time.TotalSeconds);
    }

    internal static void Waited(TimeSpan time) => loaderWait.Add(time.TotalSeconds);

    internal static void Training(double meanLoss, double rate)
    {
        loss.Record(meanLoss);
        learningRate.Record(rate);
    }

    internal static void Validated(double? auc, double? logLoss)
    {
        if (auc is { } a)
            validAuc.Record(a);
        if (logLoss is { } l)
            validLogLoss.Record(l);
    }

    internal static void Skipped(int steps) => skippedSteps.Add(steps);

    internal static void Checkpoint(TimeSpan time) => checkpointTime.Record(time.TotalSeconds);

    internal static void Scored(int count, long begin)
    {
        Rows("score", count);
        if (begin != 0)
            scoreTime.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }
}

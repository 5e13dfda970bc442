using System.Diagnostics.Metrics;

namespace GpuCtr.Hosting;

/// <summary>Metrics of the models that hosts serve: docs/metrics.md.</summary>
internal static class HostTelemetry
{
    private static readonly Meter meter = new(Telemetry.MeterName);
    private static readonly Counter<long> loaded = meter.CreateCounter<long>("gpu_ctr.models_loaded", "{model}", "models that took over, the first one included");
    private static readonly Counter<long> refused = meter.CreateCounter<long>("gpu_ctr.models_refused", "{model}", "checkpoints that could not be used, so that the model before them stayed");
    private static readonly Gauge<long> step = meter.CreateGauge<long>("gpu_ctr.model_step", "{step}", "training step of the model that serves");
    private static readonly Histogram<double> loadTime = meter.CreateHistogram(
        "gpu_ctr.model_load_time", "s", "time to load and check a model, while the one before it serves", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60] });

    internal static void TookOver(int modelStep, TimeSpan time)
    {
        loaded.Add(1);
        step.Record(modelStep);
        loadTime.Record(time.TotalSeconds);
    }

    internal static void Refused() => refused.Add(1);
}

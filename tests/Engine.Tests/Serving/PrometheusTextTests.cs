using System.Diagnostics.Metrics;
using GpuCtr.Engine.Serving;

namespace GpuCtr.Engine.Tests.Serving;

[Trait("Speed", "Fast")]
public sealed class PrometheusTextTests
{
    [Fact]
    public void Measurements_become_series_of_their_labels()
    {
        using Meter meter = new("a meter of this test"), other = new("another meter");
        using PrometheusText metrics = new(meter.Name);
        Counter<long> rows = meter.CreateCounter<long>("test.rows", "{row}", "rows\ndone");
        Histogram<double> time = meter.CreateHistogram("test.time", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        Gauge<double> loss = meter.CreateGauge<double>("test.loss");
        UpDownCounter<int> open = meter.CreateUpDownCounter<int>("test.open");
        other.CreateCounter<long>("test.foreign").Add(1);
        rows.Add(2, new KeyValuePair<string, object?>("phase", "score"));
        rows.Add(3, new KeyValuePair<string, object?>("phase", "score"));
        rows.Add(1, new("phase", "a \"b\\\n"), new("http.code", 200));
        foreach (double t in new[] { 0.05, 0.1, 0.5, 7 })
            time.Record(t);
        loss.Record(0.5);
        loss.Record(0.25);
        open.Add(3);
        open.Add(-1);
        Assert.Equal(
            """
            # HELP test_loss 
            # TYPE test_loss gauge
            test_loss 0.25
            # HELP test_open 
            # TYPE test_open gauge
            test_open 2
            # HELP test_rows_total rows done
            # TYPE test_rows_total counter
            test_rows_total{phase="score"} 5
            test_rows_total{phase="a \"b\\\n",http_code="200"} 1
            # HELP test_time_seconds 
            # TYPE test_time_seconds histogram
            test_time_seconds_bucket{le="0.1"} 2
            test_time_seconds_bucket{le="1"} 3
            test_time_seconds_bucket{le="+Inf"} 4
            test_time_seconds_sum 7.65
            test_time_seconds_count 4

            """.ReplaceLineEndings("\n"),
            metrics.Text());
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace GpuCtr.Engine.Serving;

/// <summary>Collects the metrics of some meters of this process, and writes them in Prometheus' text format (version 0.0.4).</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> families = [];

    /// <param name="meters">Names of the meters.</param>
    public PrometheusText(params string[] meters)
    {
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (meters.Contains(instrument.Meter.Name))
                to.EnableMeasurementEvents(instrument, families.GetOrAdd(instrument, static i => new MetricFamily(i)));
        };
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        listener.Start();
    }

    /// <summary>All that was measured so far.</summary>
    public string Text()
    {
        StringBuilder text = new();
        foreach (MetricFamily family in families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
            family.WriteTo(text);
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();
}

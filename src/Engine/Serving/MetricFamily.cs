using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace GpuCtr.Engine.Serving;

/// <summary>An instrument in Prometheus' terms: a series of values for each combination of labels.</summary>
internal sealed class MetricFamily
{
    // Labels are set by this program, and routes and status codes have few values. The limit keeps a bug from filling the memory.
    private const int MostSeries = 1000;

    private static readonly double[] usualBounds = [0.001, 0.01, 0.1, 1, 10];

    private readonly Lock gate = new();
    private readonly List<Series> series = [];
    private readonly string help, type;
    private readonly double[] bounds;
    private readonly bool sums;

    public MetricFamily(Instrument instrument)
    {
        Type kind = instrument.GetType() is { IsGenericType: true } generic ? generic.GetGenericTypeDefinition() : typeof(Gauge<>);
        type = kind == typeof(Counter<>) ? "counter" : kind == typeof(Histogram<>) ? "histogram" : "gauge";
        sums = kind == typeof(Counter<>) || kind == typeof(UpDownCounter<>);
        bounds = kind != typeof(Histogram<>) ? [] : instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } ? [.. advised] : usualBounds;
        help = (instrument.Description ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings(" ");
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        Name = $"{NameOf(instrument.Name)}{unit}{(type == "counter" ? "_total" : "")}";
    }

    /// <summary>Its name in the text.</summary>
    public string Name { get; }

    /// <summary>Takes a measurement. Allocates only for labels that were not seen before.</summary>
    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (gate)
        {
            if (Of(tags) is not { } s)
                return;
            s.Value = sums || bounds.Length > 0 ? s.Value + value : value;
            if (bounds.Length == 0)
                return;
            s.Count++;
            int bucket = Array.BinarySearch(bounds, value);
            s.Buckets[bucket < 0 ? ~bucket : bucket]++;
        }
    }

    /// <summary>Appends its lines.</summary>
    public void WriteTo(StringBuilder text)
    {
        lock (gate)
        {
            if (series.Count == 0)
                return;
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {help}\n# TYPE {Name} {type}\n");
            foreach (Series s in series)
                WriteTo(text, s);
        }
    }

    private void WriteTo(StringBuilder text, Series s)
    {
        if (bounds.Length == 0)
        {
            Line(text, "", s.Labels, s.Value);
            return;
        }

        long below = 0;
        string comma = s.Labels.Length > 0 ? "," : "";
        for (int i = 0; i <= bounds.Length; i++)
            Line(text, "_bucket", $"{s.Labels}{comma}le=\"{(i < bounds.Length ? Number(bounds[i]) : "+Inf")}\"", below += s.Buckets[i]);
        Line(text, "_sum", s.Labels, s.Value);
        Line(text, "_count", s.Labels, s.Count);
    }

    private void Line(StringBuilder text, string suffix, string labels, double value) =>
        text.Append(Name).Append(suffix).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(' ').Append(Number(value)).Append('\n');

    private static string Number(double value) => double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private Series? Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (Series s in series)
            if (s.Is(tags))
                return s;
        if (series.Count == MostSeries)
            return null;
        Series made = new(tags, bounds.Length);
        series.Add(made);
        return made;
    }

    private static string NameOf(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private sealed class Series(ReadOnlySpan<KeyValuePair<string, object?>> tags, int bounds)
    {
        private readonly KeyValuePair<string, object?>[] tags = tags.ToArray();

        /// <summary>name="value",… without braces.</summary>
        public string Labels { get; } = string.Join(',', tags.ToArray().Select(t => $"{NameOf(t.Key)}=\"{Escaped(Convert.ToString(t.Value, CultureInfo.InvariantCulture) ?? "")}\""));

        public double Value { get; set; }

        public long Count { get; set; }

        /// <summary>(bounds + 1) measurements up to each bound, and above the last.</summary>
        public long[] Buckets { get; } = new long[bounds + 1];

        public bool Is(ReadOnlySpan<KeyValuePair<string, object?>> others)
        {
            if (others.Length != tags.Length)
                return false;
            for (int i = 0; i < tags.Length; i++)
                if (tags[i].Key != others[i].Key || !Equals(tags[i].Value, others[i].Value))
                    return false;
            return true;
        }

        private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}

namespace GpuCtr.Training.Reports.Charts;

/// <summary>A chart: lines, points and bars over common axes.</summary>
internal sealed class Plot(string title, string xTitle, string yTitle)
{
    /// <summary>From this number of points on, single points are not marked.</summary>
    public const int ManyPoints = 60;

    private readonly List<Series> series = [];

    /// <summary>Title of the chart.</summary>
    public string Title => title;

    /// <summary>Label of the horizontal axis.</summary>
    public string XTitle => xTitle;

    /// <summary>Label of the value axis.</summary>
    public string YTitle => yTitle;

    /// <summary>The lines, points and bars.</summary>
    public IReadOnlyList<Series> Series => series;

    /// <summary>The value axis begins at zero.</summary>
    public bool FromZero { get; init; }

    /// <summary>The horizontal axis counts: no fractions.</summary>
    public bool Whole { get; init; }

    /// <summary>Names for 0, 1, … on the horizontal axis, instead of numbers.</summary>
    public IReadOnlyList<string>? Places { get; init; }

    /// <summary>Width on the horizontal axis that the bars of all series at one X share.</summary>
    public double BarWidth { get; init; } = 1;

    /// <summary>Draw y = x, with equal axes that start at 0.</summary>
    public bool Diagonal { get; init; }

    /// <summary>A dashed horizontal line to compare with.</summary>
    public double? Level { get; init; }

    /// <summary>The possible range of values; the axis does not go beyond it.</summary>
    public Axis? Bounds { get; init; }

    /// <summary>With many points, the value axis does not extend to the few highest and lowest; these are drawn at its ends.</summary>
    public bool Robust { get; init; }

    /// <summary>Adds a line.</summary>
    public Plot Line(string name, IEnumerable<(double X, double? Y)> points) => Add(name, Mark.Line, points);

    /// <summary>Adds a noisy line, drawn faint, and its centred moving mean over <paramref name="window"/> points.</summary>
    public Plot Noisy(string name, IReadOnlyList<(double X, double? Y)> points, int window)
    {
        // At both ends the window is shorter, but still symmetric.
        IEnumerable<(double, double?)> smooth = points.Select((p, i) =>
        {
            int reach = Math.Min(window / 2, Math.Min(i, points.Count - 1 - i));
            return (p.X, points.Skip(i - reach).Take(2 * reach + 1).Average(q => q.Y));
        });
        return Add("", Mark.Faint, points).Add(name, Mark.Line, smooth, Colors - 1);
    }

    /// <summary>Adds points.</summary>
    public Plot Points(string name, IEnumerable<(double X, double? Y)> points) => Add(name, Mark.Points, points);

    /// <summary>Adds points with error bars.</summary>
    public Plot Points(string name, IEnumerable<ChartPoint> points)
    {
        series.Add(new Series(name, Mark.Points, Colors, [.. points]));
        return this;
    }

    /// <summary>Adds bars of <see cref="BarWidth"/>.</summary>
    public Plot Bars(string name, IEnumerable<(double X, double? Y)> points) => Add(name, Mark.Bars, points);

    /// <summary>Axes with room for everything.</summary>
    public (Axis X, Axis Y) Axes()
    {
        IEnumerable<double> xs = series.SelectMany(s => s.Points.Select(p => p.X)), ys = series.SelectMany(ValuesInScale);
        if (Diagonal)
        {
            Axis both = Axis.Around(xs.Concat(ys), fromZero: true);
            return (both, both);
        }
        double half = BarWidth / 2;
        Axis x = Places is not null ? new Axis(-0.5, Places.Count - 0.5)
            : series.Any(s => s.Mark == Mark.Bars) ? new Axis(xs.Min() - half, xs.Max() + half)
            : Axis.Around(xs, false);
        Axis y = Axis.Around(Level is { } level ? ys.Append(level) : ys, FromZero);
        return (x, Bounds is { } b ? new Axis(Math.Max(y.Low, b.Low), Math.Min(y.High, b.High)) : y);
    }

    /// <summary>The SVG element; a chart without a value says so.</summary>
    public override string ToString() => PlotSvg.Of(this);

    private int Colors => series.Count == 0 ? 0 : series[^1].Color + 1;

    private IEnumerable<double> ValuesInScale(Series s)
    {
        double[] sorted = [.. s.Points.SelectMany(p => new[] { p.Y - p.Error, p.Y + p.Error }).Order()];
        return Robust && s.Points.Count > ManyPoints ? sorted[(sorted.Length / 50)..(sorted.Length - sorted.Length / 20)] : sorted;
    }

    private Plot Add(string name, Mark mark, IEnumerable<(double X, double? Y)> points, int? color = null)
    {
        series.Add(new Series(name, mark, color ?? Colors, [.. points.Where(p => p.Y is { } y && double.IsFinite(y)).Select(p => new ChartPoint(p.X, p.Y!.Value))]));
        return this;
    }
}

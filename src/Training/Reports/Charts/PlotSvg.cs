using System.Globalization;
using System.Net;
using System.Text;

namespace GpuCtr.Training.Reports.Charts;

/// <summary>Draws a chart as an SVG element, coloured by the page's style sheet.</summary>
internal sealed class PlotSvg
{
    private const double Width = 460, Height = 260, Left = 56, Right = 12, Top = 30, Bottom = 40;

    private readonly Plot plot;
    private readonly StringBuilder svg = new();
    private readonly Axis x, y;

    private PlotSvg(Plot plot) => (this.plot, (x, y)) = (plot, plot.Axes());

    /// <summary>The element.</summary>
    public static string Of(Plot plot) =>
        $"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(plot.Title)}\"><text class=\"title\" x=\"{Left}\" y=\"16\">{Escape(plot.Title)}</text>"
        + (plot.Series.All(s => s.Points.Count == 0) ? $"<text class=\"empty\" x=\"{Width / 2}\" y=\"{Height / 2}\">no data</text>" : new PlotSvg(plot).Draw()) + "</svg>";

    private string Draw()
    {
        Grid();
        if (plot.Diagonal)
            svg.Append(Invariant($"<path class=\"guide\" d=\"M{X(0)} {Y(0)}L{X(x.High)} {Y(y.High)}\"/>"));
        if (plot.Level is { } level)
            svg.Append(Invariant($"<path class=\"guide\" d=\"M{Left} {Y(level)}H{Width - Right}\"/>"));
        foreach (Series s in plot.Series)
        {
            if (s.Mark is Mark.Line or Mark.Faint && s.Points.Count > 1)
                svg.Append($"<path class=\"line {(s.Mark == Mark.Faint ? "faint " : "")}s{s.Color}\" d=\"M{string.Join('L', s.Points.Select(p => Invariant($"{X(p.X)} {Y(p.Y)}")))}\"/>");
            if (s.Mark == Mark.Bars)
                Bars(s);
            else if (s.Mark == Mark.Points || s.Mark == Mark.Line && s.Points.Count <= Plot.ManyPoints)
                Dots(s);
        }
        Legend();
        return svg.ToString();
    }

    private void Grid()
    {
        foreach (double v in y.Ticks(5))
            svg.Append(Invariant($"<path class=\"grid\" d=\"M{Left} {Y(v)}H{Width - Right}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{Left - 6}\" y=\"{Y(v) + 4}\">{Label(v)}</text>"));
        IEnumerable<(double At, string Name)> places = plot.Places?.Select((name, i) => ((double)i, name)) ?? x.Ticks(6, plot.Whole ? 1 : 0).Select(v => (v, Label(v)));
        foreach ((double at, string name) in places)
            svg.Append(Invariant($"<text class=\"tick\" text-anchor=\"middle\" x=\"{X(at)}\" y=\"{Height - Bottom + 16}\">{Escape(name)}</text>"));
        svg.Append(Invariant($"<text class=\"axis\" text-anchor=\"middle\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\">{Escape(plot.XTitle)}</text>"));
        svg.Append(Invariant($"<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(12 {(Top + Height - Bottom) / 2}) rotate(-90)\">{Escape(plot.YTitle)}</text>"));
    }

    private void Bars(Series s)
    {
        double room = 0.9 * plot.BarWidth, share = room / plot.Series.Count(other => other.Mark == Mark.Bars), zero = Y(Math.Max(y.Low, 0));
        foreach (ChartPoint p in s.Points)
        {
            double left = X(p.X - room / 2 + share * s.Color), right = X(p.X - room / 2 + share * (s.Color + 1)), top = Y(p.Y);
            svg.Append(Invariant($"<rect class=\"bar s{s.Color}\" x=\"{left}\" y=\"{Math.Min(top, zero)}\" width=\"{right - left}\" height=\"{Math.Abs(zero - top)}\">{Hint(s, p)}</rect>"));
        }
    }

    private void Dots(Series s)
    {
        foreach (ChartPoint p in s.Points)
        {
            if (p.Error > 0)
                svg.Append(Invariant($"<path class=\"error s{s.Color}\" d=\"M{X(p.X)} {Y(p.Y - p.Error)}V{Y(p.Y + p.Error)}\"/>"));
            svg.Append(Invariant($"<circle class=\"dot s{s.Color}\" cx=\"{X(p.X)}\" cy=\"{Y(p.Y)}\" r=\"{(s.Mark == Mark.Points ? 4 : 2.5)}\">{Hint(s, p)}</circle>"));
        }
    }

    private void Legend()
    {
        Series[] named = [.. plot.Series.Where(s => s.Name.Length > 0 && s.Points.Count > 0)];
        double at = Width - Right;
        foreach (Series s in named.Length > 1 ? named.Reverse() : [])
        {
            at -= 6.0 * s.Name.Length + 24;
            svg.Append(Invariant($"<rect class=\"key s{s.Color}\" x=\"{at}\" y=\"8\" width=\"10\" height=\"10\"/><text class=\"tick\" x=\"{at + 14}\" y=\"17\">{Escape(s.Name)}</text>"));
        }
    }

    private string Hint(Series s, ChartPoint p) => $"<title>{Escape($"{s.Name}: {plot.Places?[(int)p.X] ?? Label(p.X)}, {Label(p.Y)}{(p.Error > 0 ? $" ± {Label(p.Error)}" : "")}")}</title>";

    private double X(double value) => Math.Round(Left + x.At(value) * (Width - Left - Right), 2);

    private double Y(double value) => Math.Round(Height - Bottom - Math.Clamp(y.At(value), 0, 1) * (Height - Top - Bottom), 2);

    private static string Label(double v) => Math.Abs(v) switch
    {
        < 1e-12 => "0",
        >= 1e6 => Invariant($"{v / 1e6:0.##}M"),
        >= 1e4 => Invariant($"{v / 1e3:0.#}k"),
        < 1e-3 => v.ToString("0.#e0", CultureInfo.InvariantCulture),
        _ => v.ToString("0.####", CultureInfo.InvariantCulture),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}

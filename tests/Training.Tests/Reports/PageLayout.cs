using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GpuCtr.Training.Tests.Reports;

/// <summary>A chart as a browser laid it out.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Width">Its width, pixels.</param>
/// <param name="Height">Its height, pixels.</param>
/// <param name="Marks">Its lines, bars and dots.</param>
/// <param name="Drawn">Those of them that have a size and are within the chart.</param>
/// <param name="Colors">Colours of its marks.</param>
/// <param name="Clashes">Texts that cover each other or leave the chart.</param>
public sealed record ChartLayout(string Title, double Width, double Height, int Marks, int Drawn, string[] Colors, string[] Clashes);

/// <summary>A page of charts as a browser laid it out.</summary>
/// <param name="Charts">Its charts.</param>
/// <param name="Excess">Pixels by which it is wider than the window.</param>
public sealed partial record PageLayout(ChartLayout[] Charts, double Excess)
{
    // A script in a copy of the page reports what the browser laid out, rather than what the file contains.
    private const string Measure = """
        <script>
        const within = (b, box) => b.left >= box.left - 1 && b.right <= box.right + 1 && b.top >= box.top - 1 && b.bottom <= box.bottom + 1;
        const charts = [...document.querySelectorAll('svg.chart')].map(svg => {
          const box = svg.getBoundingClientRect(), marks = [...svg.querySelectorAll('.line,.bar,.dot')], clashes = [];
          const drawn = marks.filter(m => { const b = m.getBoundingClientRect(); return (b.width > 0 || b.height > 0) && within(b, box); });
          const texts = [...svg.querySelectorAll('text')].map(t => ({ text: t.textContent, box: t.getBoundingClientRect() }));
          texts.forEach((t, i) => {
            if (!within(t.box, box)) clashes.push(t.text + ' leaves the chart');
            for (const u of texts.slice(i + 1))
              if (t.box.left < u.box.right && u.box.left < t.box.right && t.box.top + 2 < u.box.bottom && u.box.top + 2 < t.box.bottom) clashes.push(t.text + ' covers ' + u.text);
          });
          return { Title: svg.getAttribute('aria-label'), Width: box.width, Height: box.height, Marks: marks.length, Drawn: drawn.length, Clashes: clashes,
            Colors: marks.map(m => getComputedStyle(m)[m.classList.contains('line') ? 'stroke' : 'fill']) };
        });
        document.title = JSON.stringify({ Charts: charts, Excess: document.body.scrollWidth - WIDTH });
        </script>
        """;

    /// <summary>Opens a page in a browser, with all that is folded unfolded.</summary>
    /// <param name="page">The page.</param>
    /// <param name="folder">Where a copy may lie.</param>
    /// <param name="width">Width of the window, pixels.</param>
    public static PageLayout Of(string page, TempFolder folder, int width)
    {
        string copy = folder.File($"copy-{width}.html");
        // A window of a browser cannot be narrower than about 500 pixels; a page can.
        File.WriteAllText(copy, page.Replace("<details>", "<details open>").Replace("</style>", $"body{{width:{width}px}}</style>").Replace("</body>", Measure.Replace("WIDTH", $"{width}") + "</body>"));
        return JsonSerializer.Deserialize<PageLayout>(WebUtility.HtmlDecode(Title().Match(Browser.Dom(copy)).Groups[1].Value))!;
    }

    /// <summary>Every mark is drawn in a colour, no text covers another, and nothing is wider than the window.</summary>
    public void AssertTidy()
    {
        Assert.True(Excess <= 0, $"{Excess} pixels too wide");
        foreach (ChartLayout chart in Charts)
        {
            Assert.True(chart.Width > 300 && chart.Height > 150, $"{chart}");
            Assert.True(chart.Marks > 0 && chart.Marks == chart.Drawn, $"{chart}");
            Assert.All(chart.Colors, c => Assert.Matches("^rgb\\((?!0, 0, 0)", c));
            Assert.True(chart.Clashes.Length == 0, $"{chart.Title}: {string.Join("; ", chart.Clashes)}");
        }
    }

    [GeneratedRegex("<title>(.*?)</title>", RegexOptions.Singleline)]
    private static partial Regex Title();
}

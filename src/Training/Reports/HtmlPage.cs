using System.Net;
using System.Text;

namespace GpuCtr.Training.Reports;

/// <summary>A page that loads nothing from a network, with a light and a dark palette.</summary>
/// <param name="title">Its headline, and with <paramref name="program"/> the title of the window.</param>
/// <param name="program">What wrote it.</param>
internal sealed class HtmlPage(string title, string program)
{
    private readonly StringBuilder body = new();

    /// <summary>Adds markup as it is.</summary>
    public HtmlPage Append(string markup)
    {
        body.Append(markup);
        return this;
    }

    /// <summary>Adds a headline.</summary>
    public HtmlPage Headline(string text) => Append($"<h2>{Escape(text)}</h2>");

    /// <summary>Adds a paragraph; nothing for an empty text.</summary>
    public HtmlPage Note(string text) => text.Length == 0 ? this : Append($"<p class=\"note\">{Escape(text)}</p>");

    /// <summary>Adds charts, or a chart and its table, side by side where the window is wide enough.</summary>
    public HtmlPage Beside(params IEnumerable<object> parts) => Append($"<div class=\"charts\">{string.Concat(parts)}</div>");

    /// <summary>Adds numbers with their names below them; those without a value are left out. A value is markup.</summary>
    public HtmlPage Tiles(IEnumerable<(string Name, string? Value)> tiles) =>
        Append($"<div class=\"tiles\">{string.Concat(tiles.Where(t => t.Value is not null).Select(t => $"<div><span>{t.Value}</span>{Escape(t.Name)}</div>"))}</div>");

    /// <summary>A table; the cells are escaped.</summary>
    /// <param name="head">Names of the columns. If the first has none, the second names the rows.</param>
    /// <param name="rows">Cells by row.</param>
    public static string Table(string[] head, IEnumerable<string[]> rows)
    {
        StringBuilder table = new($"<div class=\"wide\"><table{(head[0].Length == 0 ? " class=\"named\"" : "")}><thead><tr>");
        table.AppendJoin("", head.Select(h => $"<th>{Escape(h)}</th>")).Append("</tr></thead><tbody>");
        foreach (string[] row in rows)
            table.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Escape(cell)}</td>")).Append("</tr>");
        return table.Append("</tbody></table></div>").ToString();
    }

    /// <summary>Text as markup.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>The whole page.</summary>
    public override string ToString() =>
        $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Escape(title)} – {program}</title><style>{PageStyle.Css}</style></head>"
        + $"<body><main><h1>{Escape(title)}</h1>{body}</main></body></html>\n";
}

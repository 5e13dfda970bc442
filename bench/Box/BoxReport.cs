using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GpuCtr.Bench.Box;

/// <summary>Results of one session on a machine: one Markdown and one JSON file, whole after every answer.</summary>
/// <param name="device">The device.</param>
/// <param name="folder">Where the files go.</param>
internal sealed class BoxReport(string device, string folder)
{
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<Section> sections = [];

    /// <summary>One question with its answer.</summary>
    /// <param name="Title">The question.</param>
    /// <param name="Outcome">ok, failed, or left out with the reason.</param>
    /// <param name="Command">What was run.</param>
    /// <param name="Seconds">How long that took.</param>
    /// <param name="Columns">Header of the table; empty if there are only lines of text.</param>
    /// <param name="Rows">The table.</param>
    /// <param name="Lines">Text.</param>
    public sealed record Section(string Title, string Outcome, string Command, double Seconds, string[] Columns, IReadOnlyList<string[]> Rows, IReadOnlyList<string> Lines);

    /// <summary>Whether anything that ran failed.</summary>
    public bool Failed => sections.Any(s => s.Outcome.StartsWith("failed", StringComparison.Ordinal));

    /// <summary>Adds an answer, and writes both files, so that earlier answers are kept if a later question fails.</summary>
    public void Add(Section section)
    {
        sections.Add(section);
        Write();
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{section.Seconds,6:F1} s  {section.Title}: {section.Outcome}"));
    }

    /// <summary>The summary in both files and at the end of the output: question, answer, seconds.</summary>
    public string Summary()
    {
        StringBuilder text = new("| question | answer | seconds |\n|---|---|---|\n");
        foreach (Section s in sections)
            text.Append(CultureInfo.InvariantCulture, $"| {s.Title} | {s.Outcome} | {s.Seconds:F1} |\n");
        return text.ToString();
    }

    private void Write()
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "results.md"), Markdown());
        File.WriteAllText(Path.Combine(folder, "results.json"), JsonSerializer.Serialize(new
        {
            Device = device,
            Date = Date,
            Machine = Machine,
            Sections = sections,
        }, indented));
    }

    private static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";

    private static string Machine => $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}";

    private string Markdown()
    {
        StringBuilder text = new($"# gpu-ctr on {device}, {Date}\n\n{Machine}\n\n{Summary()}");
        foreach (Section s in sections)
        {
            text.Append($"\n## {s.Title}\n\n`{s.Command}`: {s.Outcome}\n");
            if (s.Rows.Count > 0)
            {
                text.Append($"\n| {string.Join(" | ", s.Columns)} |\n|{string.Concat(Enumerable.Repeat("---|", s.Columns.Length))}\n");
                foreach (string[] row in s.Rows)
                    text.Append($"| {string.Join(" | ", row)} |\n");
            }
            if (s.Lines.Count > 0)
                text.Append($"\n```\n{string.Join('\n', s.Lines)}\n```\n");
        }
        return text.ToString();
    }
}

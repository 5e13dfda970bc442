using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;

namespace GpuCtr.Training.Tuning;

/// <summary>A line of trials.jsonl.</summary>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Epochs">The epoch up to which it was trained.</param>
/// <param name="Seed">Which of its seeds, from 0.</param>
/// <param name="Options">Its differences from the defaults of the search, as in config.json.</param>
/// <param name="Metric">The monitored metric.</param>
/// <param name="Value">Its best value; null: the trial failed.</param>
/// <param name="BestEpoch">The epoch of that value.</param>
/// <param name="Seconds">Time that this piece took.</param>
/// <param name="Failure">Why it failed.</param>
internal sealed record TrialLine(int Trial, int Epochs, int Seed, JsonObject Options, string Metric, double? Value, int BestEpoch, double Seconds, string? Failure = null)
{
    /// <summary>What the schedule wants to know.</summary>
    public Outcome Outcome { get; } = new(new(Trial, Epochs, Seed), Value, BestEpoch);
}

/// <summary>trials.jsonl: one line for each completed piece of a search. A resumed search reads it first.</summary>
internal sealed class TrialLog
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "trials.jsonl";

    private readonly string path;
    private readonly List<TrialLine> lines = [];

    /// <summary>Reads the file, if there is one. A last line that a kill cut short counts as not written.</summary>
    /// <exception cref="GpuCtrException">Data: the file is damaged.</exception>
    public TrialLog(string folder)
    {
        path = Path.Combine(folder, FileName);
        string[] text = File.Exists(path) ? File.ReadAllText(path).Split('\n') : [""];
        foreach ((int i, string line) in text[..^1].Index())
        {
            try
            {
                lines.Add(JsonText.Parse<TrialLine>(line));
            }
            catch (JsonException e)
            {
                throw GpuCtrException.DataError($"{path}, line {i + 1}: damaged ({e.Message}); remove it and the lines after it, and the search continues from there", e);
            }
        }
        if (text[^1].Length > 0)
            Disk.ReplaceText(path, string.Concat(text[..^1].Select(line => line + "\n")));
    }

    /// <summary>All lines, in order.</summary>
    public IReadOnlyList<TrialLine> Lines => lines;

    /// <summary>The outcomes for the schedule.</summary>
    public IReadOnlyList<Outcome> Outcomes => [.. lines.Select(l => l.Outcome)];

    /// <summary>Time that all pieces took.</summary>
    public TimeSpan Time => TimeSpan.FromSeconds(lines.Sum(l => l.Seconds));

    /// <summary>Adds a line.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Add(TrialLine line)
    {
        using (FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read))
        {
            file.Write(Encoding.UTF8.GetBytes(JsonText.Line(line) + "\n"));
            Disk.Flush(file);
        }

        lines.Add(line);
    }
}

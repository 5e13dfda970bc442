namespace GpuCtr.Datagen;

/// <summary>Lines that could not be read: counts by reason, and the text of the first few.</summary>
public sealed class BadLines
{
    private const int _shown = 5;

    private readonly Dictionary<string, long> _reasons = [];
    private readonly List<string> _first = [];

    /// <summary>Number of bad lines.</summary>
    public long Count { get; private set; }

    /// <summary>Number of lines in all, headers and empty lines not counted.</summary>
    public long Lines { get; private set; }

    /// <summary>Counts a line; <paramref name="reason"/> is null for a good line.</summary>
    public void Add(string? reason, string path, long number, string line)
    {
        Lines++;
        if (reason is null)
            return;
        Count++;
        _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
        if (_first.Count < _shown)
            _first.Add($"{path}:{number}: {reason}: {Quote.Of(line)}");
    }

    /// <summary>The lines of the report; none if there are no bad lines.</summary>
    public IEnumerable<string> Describe()
    {
        if (Count == 0)
            yield break;
        yield return $"{Count:N0} of {Lines:N0} lines left out: {string.Join("; ", _reasons.OrderByDescending(reason => reason.Value).Select(reason => $"{reason.Value:N0} {reason.Key}"))}";
        foreach (string line in _first)
            yield return line;
    }
}

namespace GpuCtr.Training.Screens;

/// <summary>An output stream for a person: plain lines in a file or a pipe; colours and progress in place on a terminal.</summary>
internal interface IScreen
{
    /// <summary>Whether progress is redrawn in place, so that it may be updated often.</summary>
    bool InPlace { get; }

    /// <summary>Writes a line.</summary>
    void Line(string text);

    /// <summary>Writes a complete table; columns of numbers are aligned to the right.</summary>
    /// <param name="rows">The header and the rows, all with the same number of cells.</param>
    void Table(IReadOnlyList<string[]> rows);

    /// <summary>Writes a row of a growing table; every cell is aligned to the right and as wide as its header.</summary>
    /// <param name="head">The header.</param>
    /// <param name="cells">As many cells as the header has.</param>
    /// <param name="first">Whether the header is written first.</param>
    void Row(string[] head, string[] cells, bool first);

    /// <summary>Shows the progress of long work, in place of the previous progress if the screen can redraw.</summary>
    void Progress(ProgressState state);

    /// <summary>Ends the progress of long work; progress that was drawn in place is erased.</summary>
    void EndProgress();
}

/// <summary>Progress of long work, for a screen.</summary>
/// <param name="Now">Its numbers.</param>
/// <param name="Facts">Speed, time left and so on, the most important first: a narrow terminal leaves out the last ones.</param>
internal sealed record ProgressState(WorkProgress Now, IReadOnlyList<string> Facts)
{
    /// <summary>Name of the work.</summary>
    public string What => Now.Activity;

    /// <summary>Share that is done, 0 … 1.</summary>
    public double Share => Now.Share;

    private const string Gap = "  ";

    /// <summary>As many of the first facts as fit completely.</summary>
    /// <param name="width">Available characters.</param>
    public string FactsWithin(int width)
    {
        int kept = Facts.Count;
        while (kept > 0 && Facts.Take(kept).Sum(f => f.Length) + (kept - 1) * Gap.Length > width)
            kept--;
        return string.Join(Gap, Facts.Take(kept));
    }
}

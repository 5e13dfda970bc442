namespace GpuCtr.Engine.Training;

/// <summary>What a run tells its user: lines on the screen and in run.log, and one line that is rewritten in place where there is a terminal.</summary>
/// <param name="screen">Standard error.</param>
/// <param name="inPlace">Whether lines can be rewritten.</param>
/// <param name="verbose">Whether details go to the screen too.</param>
internal sealed class Journal(TextWriter screen, bool inPlace, bool verbose) : IDisposable
{
    private const int WidestLine = 120, NarrowestLine = 40;

    // What was said before the run folder existed.
    private readonly List<string> early = [];
    // One column stays free: some terminals wrap when the last one is written.
    private readonly int width = inPlace ? Math.Clamp(Console.WindowWidth - 1, NarrowestLine, WidestLine) : WidestLine;
    private StreamWriter? file;
    private bool lineOpen;

    /// <summary>Whether progress can be shown in place.</summary>
    public bool InPlace => inPlace;

    /// <summary>From now on lines go to a file as well, those said before first.</summary>
    public void Attach(string path)
    {
        file = new StreamWriter(path, append: true) { AutoFlush = true };
        foreach (string line in early)
            file.WriteLine(line);
        early.Clear();
    }

    /// <summary>A line.</summary>
    public void Line(string text)
    {
        ClearProgress();
        screen.WriteLine(text);
        Record(text);
    }

    /// <summary>A line that begins with warning.</summary>
    public void Warn(string text) => Line($"warning: {text}");

    /// <summary>A line for the file, and for the screen if the user asked for everything.</summary>
    public void Detail(string text)
    {
        if (verbose)
            Line(text);
        else
            Record(text);
    }

    /// <summary>Where the run is now; replaces the last such line on a terminal.</summary>
    public void Progress(string text)
    {
        if (!inPlace)
        {
            screen.WriteLine(text);
            return;
        }

        screen.Write('\r' + (text.Length > width ? text[..width] : text).PadRight(width));
        screen.Flush();
        lineOpen = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearProgress();
        file?.Dispose();
    }

    private void ClearProgress()
    {
        if (lineOpen)
            screen.Write('\r' + new string(' ', width) + '\r');
        lineOpen = false;
    }

    private void Record(string text)
    {
        if (file is null)
            early.Add(text);
        else
            file.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");
    }
}

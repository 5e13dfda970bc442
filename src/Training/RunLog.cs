using GpuCtr.Training.Screens;

namespace GpuCtr.Training;

/// <summary>The output of a run: lines on the screen and in run.log, and progress on the screen only.</summary>
/// <param name="screen">Standard error.</param>
/// <param name="verbose">Whether details go to the screen too.</param>
internal sealed class RunLog(IScreen screen, bool verbose) : IDisposable
{
    // Lines from before the run folder existed.
    private readonly List<string> early = [];
    private readonly HashSet<string> warned = [];
    private StreamWriter? file;

    /// <summary>Whether progress is redrawn in place.</summary>
    public bool InPlace => screen.InPlace;

    /// <summary>Copies all lines to a file from now on, starting with the earlier ones.</summary>
    public void Attach(string path)
    {
        file = new StreamWriter(path, append: true) { AutoFlush = true };
        foreach (string line in early)
            file.WriteLine(line);
        early.Clear();
    }

    /// <summary>Writes a line.</summary>
    public void Line(string text)
    {
        screen.Line(text);
        Record(Printable.Lines(text));
    }

    /// <summary>Writes a warning.</summary>
    public void Warn(string text) => Line($"warning: {Printable.Of(text)}");

    /// <summary>Writes a warning, but only the first about that topic.</summary>
    public void WarnOnce(string topic, string text)
    {
        if (warned.Add(topic))
            Warn(text);
    }

    /// <summary>Writes a line to the file, and to the screen with --verbose.</summary>
    public void Detail(string text)
    {
        if (verbose)
            Line(text);
        else
            Record(text);
    }

    /// <summary>Writes a row of a growing table.</summary>
    public void Row(string[] head, string[] cells, bool first)
    {
        screen.Row(head, cells, first);
        foreach (string line in TextTable.Lines(head, cells, first))
            Record(line);
    }

    /// <summary>Shows the progress of the run.</summary>
    public void Progress(ProgressState state) => screen.Progress(state);

    /// <summary>Ends the progress shown by <see cref="Progress"/>.</summary>
    public void EndProgress() => screen.EndProgress();

    /// <inheritdoc/>
    public void Dispose()
    {
        screen.EndProgress();
        file?.Dispose();
    }

    private void Record(string text)
    {
        if (file is null)
            early.Add(text);
        else
            file.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");
    }
}

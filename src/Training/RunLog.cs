using GpuCtr.Training.Screens;

namespace GpuCtr.Training;

/// <summary>What a run tells its user: lines on the screen and in run.log, and progress on the screen alone.</summary>
/// <param name="screen">Standard error.</param>
/// <param name="verbose">Whether details go to the screen too.</param>
internal sealed class RunLog(IScreen screen, bool verbose) : IDisposable
{
    // What was said before the run folder existed.
    private readonly List<string> early = [];
    private StreamWriter? file;

    /// <summary>Whether progress is shown in one place.</summary>
    public bool InPlace => screen.InPlace;

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
        screen.Line(text);
        Record(Printable.Lines(text));
    }

    /// <summary>A line that begins with warning.</summary>
    public void Warn(string text) => Line($"warning: {Printable.Of(text)}");

    /// <summary>A line for the file, and for the screen if the user asked for everything.</summary>
    public void Detail(string text)
    {
        if (verbose)
            Line(text);
        else
            Record(text);
    }

    /// <summary>A row of a table that grows.</summary>
    public void Row(string[] head, string[] cells, bool first)
    {
        screen.Row(head, cells, first);
        foreach (string line in TextTable.Lines(head, cells, first))
            Record(line);
    }

    /// <summary>Where the run is now.</summary>
    public void Progress(ProgressState state) => screen.Progress(state);

    /// <summary>What <see cref="Progress"/> told of is over.</summary>
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

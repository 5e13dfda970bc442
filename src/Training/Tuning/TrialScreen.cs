using GpuCtr.Training.Screens;

namespace GpuCtr.Training.Tuning;

/// <summary>The screen of a run within a search: its progress is shown under the name of the trial, and its lines only if they are new. All lines are in its run.log.</summary>
/// <param name="to">The screen of the search.</param>
/// <param name="name">Of the trial.</param>
/// <param name="tells">Whether lines are shown up to the first epoch: those of the first run describe the columns.</param>
internal sealed class TrialScreen(IScreen to, string name, bool tells) : IScreen
{
    private bool telling = tells;

    /// <inheritdoc/>
    public bool InPlace => to.InPlace;

    /// <inheritdoc/>
    public void Line(string text)
    {
        if (telling)
            to.Line(text);
    }

    /// <inheritdoc/>
    public void Table(IReadOnlyList<string[]> rows)
    {
        if (telling)
            to.Table(rows);
    }

    /// <inheritdoc/>
    public void Row(string[] head, string[] cells, bool first) => telling = false;

    /// <inheritdoc/>
    public void Progress(ProgressState state)
    {
        if (to.InPlace)
            to.Progress(state with { Now = state.Now with { Activity = $"{name}, {state.What}" } });
    }

    /// <inheritdoc/>
    public void EndProgress() => to.EndProgress();
}

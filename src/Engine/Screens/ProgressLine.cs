using GpuCtr.Training.Screens;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GpuCtr.Engine.Screens;

/// <summary>A progress bar with facts beside it, on one line of a terminal; erased when it is disposed.</summary>
internal sealed class ProgressLine : IDisposable
{
    // Four columns separated by spaces. The last character of the line stays free, because some terminals wrap when it is written.
    private const int MaxBarWidth = 20, ScreenPerBar = 5, PercentageWidth = 4, Spaces = 4;

    private readonly IAnsiConsole console;
    private readonly TaskCompletionSource end = new();
    private readonly FactsColumn facts = new();
    private readonly ProgressBarColumn bar = new();
    private readonly Task shown;
    private ProgressContext context = null!;
    private ProgressTask task = null!;

    /// <summary>Starts a line. It is drawn only by <see cref="Show"/>; there is no background thread.</summary>
    public ProgressLine(IAnsiConsole console, string what)
    {
        this.console = console;
        AppDomain.CurrentDomain.ProcessExit += ShowCursor;
        Progress progress = new Progress(console) { AutoRefresh = false, AutoClear = true, ExcludeVerticalPadding = true }
            .Columns(new TaskDescriptionColumn(), bar, new PercentageColumn(), facts);
        shown = progress.StartAsync(c =>
        {
            (context, task) = (c, c.AddTask(Markup.Escape(what), maxValue: 1));
            return end.Task;
        });
    }

    /// <summary>Draws it.</summary>
    public void Show(ProgressState state)
    {
        int width = console.Profile.Width;
        bar.Width = Math.Min(MaxBarWidth, width / ScreenPerBar);
        (task.Description, task.Value) = (Markup.Escape(state.What), state.Share);
        facts.Text = state.FactsWithin(width - state.What.Length - bar.Width.Value - PercentageWidth - Spaces);
        context.Refresh();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        end.SetResult();
        shown.GetAwaiter().GetResult();
        AppDomain.CurrentDomain.ProcessExit -= ShowCursor;
    }

    /// <summary>Restores the terminal if the process exits while the line is shown, as after a second Ctrl-C.</summary>
    private void ShowCursor(object? sender, EventArgs e) => console.Cursor.Show();

    private sealed class FactsColumn : ProgressColumn
    {
        public string Text { get; set; } = "";

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Text);
    }
}

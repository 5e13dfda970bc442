using System.Text.RegularExpressions;
using GpuCtr.Engine.Screens;
using GpuCtr.Training.Screens;
using Spectre.Console;

namespace GpuCtr.Engine.Tests.Screens;

[Trait("Speed", "Fast")]
public sealed partial class LiveScreenTests
{
    private const int Width = 60;
    private const string HideCursor = "\e[?25l", ShowCursor = "\e[?25h", ClearLine = "\e[2K";

    private readonly StringWriter written = new() { NewLine = "\n" };
    private readonly IAnsiConsole console;
    private readonly LiveScreen screen;

    public LiveScreenTests()
    {
        console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.Standard,
            Interactive = InteractionSupport.Yes,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            Out = new AnsiConsoleOutput(written),
        });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = true;
        screen = new LiveScreen(console);
    }

    [Theory]
    [InlineData(30, 0)]
    [InlineData(60, 2)]
    [InlineData(80, 3)]
    [InlineData(100, 4)]
    [InlineData(120, 6)]
    public void Progress_fits_every_terminal_by_leaving_out_the_last_facts_whole(int width, int kept)
    {
        string[] facts = ["   55,211 rows/s", "0:17 left", "loss 0.41763", "loader wait 12 %", "step 12305", "lr 0.001"];
        console.Profile.Width = width;
        screen.Progress(new ProgressState(new("epoch 2/3", 0.73), facts));
        string line = Plain().Replace(written.ToString(), "").Trim('\r');
        Assert.True(line.Length < width, line);
        Assert.Matches($"^epoch 2/3 ━+  73% ?{Regex.Escape(string.Join("  ", facts.Take(kept)))}$", line.TrimEnd());
    }

    [Fact]
    public void Progress_stays_on_one_line_and_leaves_nothing_behind()
    {
        foreach (double share in new[] { 0.1, 0.5, 1 })
            screen.Progress(new ProgressState(new("epoch [1/3]", share), ["60,000 rows/s", "0:02 left", "a part that does not fit"]));
        string shown = written.ToString();
        Assert.StartsWith(HideCursor, shown);
        Assert.DoesNotContain('\n', shown);
        Assert.All(Plain().Replace(shown, "").Split('\r', StringSplitOptions.RemoveEmptyEntries), line => Assert.True(line.Length <= Width, line));
        foreach (string part in new[] { "epoch [1/3]", " 10%", " 50%", "100%", "60,000 rows/s", "0:02 left" })
            Assert.Contains(part, shown);
        screen.Line("done");
        Assert.EndsWith($"{ClearLine}{ShowCursor}done\n", written.ToString());
    }

    [Fact]
    public void Progress_begins_again_after_a_line()
    {
        screen.Progress(new ProgressState(new("valid", 0.5), []));
        screen.Line("one");
        screen.Progress(new ProgressState(new("test", 0.5), []));
        screen.EndProgress();
        screen.EndProgress();
        string shown = written.ToString();
        Assert.Equal(2, Regex.Count(shown, Regex.Escape(HideCursor)));
        Assert.Equal(2, Regex.Count(shown, Regex.Escape(ShowCursor)));
        Assert.EndsWith(ClearLine + ShowCursor, shown);
    }

    [Fact]
    public void A_line_is_never_broken_and_its_signal_word_is_coloured()
    {
        string path = new('x', 3 * Width);
        screen.Line($"warning: [{path}] is long");
        Assert.Equal($"warning: [{path}] is long\n", Plain().Replace(written.ToString(), ""));
        Assert.Matches("^\e\\[[0-9;]+mwarning:\e\\[0m \\[x", written.ToString());
    }

    [Fact]
    public void A_table_has_every_cell_in_its_frame_and_the_best_one_is_coloured()
    {
        screen.Table([["run", "AUC"], ["[first]", "0.81 *"], ["second", "0.7"]]);
        string[] lines = Plain().Replace(written.ToString(), "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["╭─────────┬────────╮", "│ run     │    AUC │", "├─────────┼────────┤", "│ [first] │ 0.81 * │", "│ second  │    0.7 │", "╰─────────┴────────╯"], lines);
        Assert.Matches("\e\\[[0-9;]+m0.81 \\*", written.ToString());
    }

    [Fact]
    public void Rows_of_a_table_that_grows_stand_below_each_other()
    {
        string[] head = ["epoch", "valid AUC"];
        screen.Row(head, ["1", "0.81887"], first: true);
        screen.Progress(new ProgressState(new("epoch 2/2", 0.5), []));
        screen.Row(head, ["2", "0.82255"], first: false);
        string[] lines = [.. Plain().Replace(written.ToString(), "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\r')[^1].TrimEnd())];
        Assert.Equal(["epoch valid AUC", "───── ─────────", "    1   0.81887", "    2   0.82255"], lines);
    }

    [GeneratedRegex("\e\\[[?0-9;]*[A-Za-z]")]
    private static partial Regex Plain();
}

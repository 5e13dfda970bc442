using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Data.Lists;

namespace GpuCtr.Engine.Tests.Screens;

/// <summary>Commands in a pseudo terminal, which <c>script</c> makes.</summary>
public sealed partial class TerminalTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [SkippableFact]
    public void A_run_in_a_terminal_shows_colours_and_progress_in_place_and_leaves_the_cursor_visible()
    {
        string folder = run.Folder.File("terminal");
        string shown = InTerminal("TERM=xterm-256color", ["train", run.Train, "--epochs", "2", "--out", folder, "--hidden-units", "256,128", "--batch-size", "128", "--device", "cpu"]);
        Assert.Matches(Colours(), shown);
        Assert.Contains("epoch 1/2", shown);
        Assert.Contains("━", shown);
        int hidden = shown.LastIndexOf("\e[?25l", StringComparison.Ordinal);
        Assert.True(hidden > 0 && shown.LastIndexOf("\e[?25h", StringComparison.Ordinal) > hidden, "the cursor stays hidden");
        // The log is for reading later: never a colour in it, and the table as on a plain screen.
        string log = File.ReadAllText(Path.Combine(folder, "run.log"));
        Assert.DoesNotContain('\e', log);
        Assert.Contains("epoch    steps  train logloss  valid logloss  valid AUC  seconds\n", log);
    }

    [SkippableTheory]
    [InlineData(60)]
    [InlineData(80)]
    public void Progress_of_a_run_fits_a_narrow_terminal(int columns)
    {
        string folder = run.Folder.File($"narrow-{columns}");
        string shown = InTerminal(
            "TERM=xterm-256color", ["train", run.Train, "--epochs", "2", "--out", folder, "--hidden-units", "256,128", "--batch-size", "128", "--device", "cpu"], columns: columns);
        string[] lines = [.. Escapes().Replace(shown, "").Split('\n', '\r').Select(l => l.Trim()).Where(l => l.StartsWith("epoch 1/2", StringComparison.Ordinal))];
        Assert.NotEmpty(lines);
        Assert.All(lines, line =>
        {
            Assert.True(line.Length < columns, line);
            Assert.Matches(@" (%|left|rows/s|loss \d\.\d{5})$", line);
        });
        Assert.All(File.ReadLines(Path.Combine(folder, "run.log")).Where(l => l.Contains("memory") || l.Contains("optimizer state")), line => Assert.True(line.Length <= 80 + "00:00:00 ".Length, line));
    }

    [SkippableTheory]
    [InlineData("TERM=dumb")]
    [InlineData("TERM=dumb GITHUB_ACTIONS=true")]
    [InlineData("TERM=xterm-256color NO_COLOR=1")]
    public void A_terminal_that_wants_none_gets_plain_lines(string variables)
    {
        string shown = InTerminal(variables, ["evaluate", "--model", run.Run, run.Test, "--device", "cpu"]);
        Assert.DoesNotMatch(Colours(), shown);
        Assert.DoesNotContain("\e[?25l", shown);
        Assert.DoesNotContain("─", shown);
        Assert.Contains("logloss", shown);
    }

    [SkippableFact]
    public void Tables_of_results_have_frames_in_a_terminal()
    {
        string shown = InTerminal("TERM=xterm-256color", ["evaluate", "--model", run.Run, run.Test, "--device", "cpu"]);
        Assert.Contains("╭", shown);
        Assert.Contains("prediction", shown);
    }

    [SkippableFact]
    public void Json_is_the_same_line_in_a_terminal_as_in_a_file()
    {
        string path = run.Folder.File("metrics.json");
        string shown = InTerminal("TERM=xterm-256color", ["evaluate", "--model", run.Run, run.Test, "--device", "cpu", "--json"]);
        string filed = CommandRunner.Run("evaluate", "--model", run.Run, run.Test, "--device", "cpu", "--json").Succeeded().Out;
        Assert.Contains(filed.TrimEnd(), shown);
        InTerminal("TERM=xterm-256color", ["evaluate", "--model", run.Run, run.Test, "--device", "cpu", "--json"], $" > '{path}'");
        Assert.Equal(filed, File.ReadAllText(path));
        Assert.Equal(5000, JsonDocument.Parse(filed).RootElement.GetProperty("rows").GetInt32());
    }

    private static string InTerminal(string variables, string[] args, string behind = "", int columns = 100)
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "no script: apt-get install bsdutils lets this test make a terminal");
        string line = $"stty cols {columns}; " + string.Join(' ', TrainProcess.Words.Concat(args).Select(word => $"'{word}'")) + behind;
        return ChildProcess.Run(["env", "-u", "NO_COLOR", .. variables.Split(' '), "script", "--quiet", "--return", "--command", line, "/dev/null"]).Succeeded().Out.Replace("\r\n", "\n");
    }

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Colours();

    [GeneratedRegex("\e\\[[?0-9;]*[A-Za-z]")]
    private static partial Regex Escapes();
}

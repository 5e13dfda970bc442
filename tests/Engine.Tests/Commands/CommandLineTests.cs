using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

[Trait("Speed", "Fast")]
public sealed class CommandLineTests
{
    [Fact]
    public void Unknown_verbs_and_flags_are_usage_with_a_suggestion()
    {
        Run("trian", "x").FailedWith(ExitCode.Usage, "'trian'", "did you mean 'train'?");
        Run("train", "x.parquet", "--epoch", "3").FailedWith(ExitCode.Usage, "'--epoch'", "did you mean '--epochs'?");
        Run("train", "x.parquet", "--learning-rate", "0.1").FailedWith(ExitCode.Usage, "did you mean '--lr'?");
        Run("train", "x.parquet", "--batch", "64").FailedWith(ExitCode.Usage, "did you mean '--batch-size'?");
        Run("evaluate", "x.parquet", "--early-stopping", "3").FailedWith(ExitCode.Usage, "unknown option '--early-stopping'; ");
        Run("train", "x.parquet", "--valid", "y.parquet", "--lrr=3").FailedWith(ExitCode.Usage, "'--lrr'");
        Run("train", "x.parquet", "--lr").FailedWith(ExitCode.Usage, "--lr");
        Run("train", "--valid", "x.parquet").FailedWith(ExitCode.Usage, "no shards");
    }

    [Fact]
    public void Widths_in_another_spelling_are_answered_with_commas()
    {
        foreach (string text in new[] { "400x400", "400-400", "[400;400]" })
            Run("train", "x.parquet", "--hidden-units", text).FailedWith(ExitCode.Usage, "--hidden-units", "; write 400,400");
        Assert.DoesNotContain("write", Run("train", "x.parquet", "--hidden-units", "400y400").FailedWith(ExitCode.Usage).Error);
        Assert.DoesNotContain("write", Run("train", "x.parquet", "--epochs", "3x4").FailedWith(ExitCode.Usage).Error);
    }

    /// <summary>Parsers take a first word whose file name is the command's for the name of the program.</summary>
    [Fact]
    public void Shards_may_be_called_like_the_verb()
    {
        foreach (string path in new[] { "nowhere/train", "train" })
            Run("train", path).FailedWith(ExitCode.Usage, path);
        Run("inspect", "nowhere/inspect").FailedWith(ExitCode.Usage, "nowhere/inspect");
    }

    /// <summary>The shards do not exist: opening them first would end in another message.</summary>
    [Theory]
    [InlineData("train none.parquet --resume", "--resume needs --out")]
    [InlineData("train none.parquet --resume --overwrite --out runs/none", "--resume continues a run and --overwrite removes it")]
    [InlineData("train none.parquet --monitor gauc", "--monitor gauc needs --group-id")]
    [InlineData("train none.parquet --device tpu", "--device tpu: not one of auto")]
    [InlineData("train none.parquet --allow-changed model", "--allow-changed model: not one of")]
    [InlineData("train none.parquet --categorical a --numeric b,a", "a is in both --categorical and --numeric")]
    [InlineData("train none.parquet --history a=b --multi-value a", "a is in both --history and --multi-value")]
    [InlineData("train none.parquet --hash-buckets a=x", "--hash-buckets a=x: expected column=N")]
    [InlineData("train none.parquet --hash-buckets a=4 --identity a=4", "a is named twice by --hash-buckets and --identity")]
    [InlineData("train none.parquet --numeric-transform a=root", "--numeric-transform root: unknown")]
    [InlineData("inspect none.parquet --numeric-transform root", "--numeric-transform root: unknown")]
    [InlineData("evaluate none.parquet", "evaluate needs --model")]
    [InlineData("predict none.parquet", "predict needs --model")]
    [InlineData("explain none.parquet", "explain needs --model")]
    [InlineData("export --out /", "export needs --model")]
    [InlineData("verify --device cuda:99 --only no-such-case", "--only no-such-case: no case name contains this")]
    public void What_the_options_alone_decide_is_refused_before_anything_is_opened(string line, string message) => Run(line.Split(' ')).FailedWith(ExitCode.Usage, message);

    [Fact]
    public void A_bare_verb_prints_its_options_with_defaults_and_examples()
    {
        CommandOutcome help = Run("train").Succeeded();
        foreach (string text in new[] { "--batch-size", "[by the number of rows, 256 to 4096; from 128 for next items]", "--lr ", "[1e-3]", "--hidden-units", "[400,400,400;", "examples", "gpu-ctr train " })
            Assert.Contains(text, help.Out);
        Assert.Equal(help.Out, Run("train", "--help").Out);
        Assert.Contains("evaluate", Run().Succeeded().Out);
    }

    [Fact]
    public void Every_verb_has_help_with_examples_that_use_its_own_options()
    {
        string[] verbs = [.. Run().Succeeded().Out.Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal)).Select(l => l.Trim().Split(' ')[0])];
        Assert.Contains("train", verbs);
        foreach (string verb in verbs)
        {
            string[] help = Run(verb, "--help").Succeeded().Out.Split('\n');
            string[] options = [.. help.Where(l => l.StartsWith("  --", StringComparison.Ordinal)).Select(l => l.Trim().Split(' ')[0])];
            string[] examples = [.. help.SkipWhile(l => l != "examples").Skip(1).Where(l => l.Length > 0)];
            Assert.NotEmpty(examples);
            Assert.All(examples, e => Assert.Contains($"gpu-ctr {verb}", e));
            Assert.All(examples.SelectMany(e => e.Split(' ')).Where(w => w.StartsWith("--", StringComparison.Ordinal)), w => Assert.Contains(w, options));
        }
    }

    [Fact]
    public void Verify_tells_programs_what_it_found()
    {
        System.Text.Json.JsonElement found = System.Text.Json.JsonDocument.Parse(Run("verify", "--device", "cpu", "--only", "linear B5", "--json").Succeeded().Out).RootElement;
        Assert.True(found.GetProperty("cases").GetInt32() > 0);
        Assert.Equal(0, found.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public void Devices_are_listed_with_the_reason_for_missing_ones()
    {
        string listed = Run("devices").Succeeded().Out;
        Assert.Contains("cpu", listed);
        Assert.Contains("cuda", listed, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("{\"devices\":[{", Run("devices", "--json").Succeeded().Out);
    }

    [Fact]
    public void Verbose_adds_the_stack() => Assert.Contains("   at ", Run("train", "none.parquet", "--verbose").Error);
}

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
        Run("train", "x.parquet", "--valid", "y.parquet", "--lrr=3").FailedWith(ExitCode.Usage, "'--lrr'");
        Run("train", "x.parquet", "--lr").FailedWith(ExitCode.Usage, "--lr");
        Run("train", "--valid", "x.parquet").FailedWith(ExitCode.Usage, "no shards");
    }

    [Fact]
    public void A_bare_verb_prints_its_options_with_defaults_and_examples()
    {
        CommandOutcome help = Run("train").Succeeded();
        foreach (string text in new[] { "--batch-size", "[4096]", "--lr ", "[1e-3]", "--hidden-units", "[400,400,400;", "examples", "gpu-ctr train " })
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
        System.Text.Json.JsonElement found = System.Text.Json.JsonDocument.Parse(Run("verify", "--device", "cpu", "--only", "linear", "--json").Succeeded().Out).RootElement;
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

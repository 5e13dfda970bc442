using static GpuCtr.Engine.Tests.Commands.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

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

using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

public sealed class CompletionTests
{
    private static readonly string[] shells = ["bash", "zsh", "fish", "pwsh"];

    [Fact]
    public void Words_that_can_follow_are_listed()
    {
        Assert.Equal(["train"], Of("tr"));
        Assert.Contains("predict", Of(""));
        Assert.Equal(["--epochs"], Of("train", "x.parquet", "--ep"));
        Assert.Contains("--embedding-dim", Of("train", "--"));
        Assert.Equal(["deepfm"], Of("train", "--model", "dee"));
        Assert.Equal(["lazy", "dense", "replay"], Of("train", "--embedding-update", ""));
        Assert.Equal(shells, Of("completion", ""));
    }

    [Fact]
    public void Nothing_is_listed_where_a_path_or_a_value_of_the_users_own_stands()
    {
        Assert.Empty(Of("train", ""));
        Assert.Empty(Of("train", "--out", ""));
        Assert.Empty(Of("train", "--test", "a.parquet", ""));
        Assert.Empty(Of("evaluate", "--model", ""));
        Assert.Empty(Of("no-such-verb", "--"));
    }

    [Fact]
    public void A_flag_is_not_offered_twice() => Assert.DoesNotContain("--epochs", Of("train", "--epochs", "3", "--"));

    [SkippableTheory]
    [InlineData("bash", "COMP_WORDS=(gpu-ctr train --embedding-update l); COMP_CWORD=3; _gpu_ctr; printf '%s\\n' \"${COMPREPLY[@]}\"")]
    [InlineData("fish", "complete -C 'gpu-ctr train --embedding-update l' | string match -r '^lazy'")]
    [InlineData("zsh", "functions _gpu_ctr >/dev/null && gpu-ctr complete train --embedding-update l")]
    public void The_script_completes_in_its_shell(string shell, string ask)
    {
        using TempFolder folder = new();
        string script = folder.File($"script.{shell}");
        string program = shell == "fish"
            ? $"function gpu-ctr; dotnet {Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll")} $argv; end"
            : $"gpu-ctr() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll")}' \"$@\"; }}";
        File.WriteAllText(script, $"{program}\n{Run("completion", shell).Succeeded().Out}\n{ask}\n");
        Skip.If(ChildProcess.Find(shell) is null, $"{shell} is not installed");
        CommandOutcome o = ChildProcess.Run(shell, script);
        Assert.True(o.Out.Trim() == "lazy", o.Out + o.Error);
    }

    [Fact]
    public void An_unknown_shell_is_usage()
    {
        foreach (string shell in shells)
            Assert.Contains("gpu-ctr complete", Run("completion", shell).Succeeded().Out);
        Run("completion", "tcsh").FailedWith(ExitCode.Usage, "tcsh", "bash, zsh, fish, pwsh");
    }

    private static string[] Of(params string[] words) => Run(["complete", .. words]).Succeeded().Out.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
}

using System.Text.RegularExpressions;

namespace GpuCtr.EndToEnd.Tests.Guides;

/// <summary>The commands of the guides work.</summary>
public sealed partial class GuideTests
{
    // Pages outside docs/guide with commands to run.
    private static readonly string[] others = ["docs/serving.md", "docs/export.md"];

    // The columns of the committed sample in a tenth of its rows. PackageTests trains on all of them.
    private const string SmallSample = "synth --schema criteo --rows 20000 --shards 4 --test-rows 4000 --numeric 5 --categorical 9 --max-cardinality 500 --seed 1 --out samples/criteo-small";

    public static TheoryData<string> Guides() => [.. Directory.GetFiles(Repository.File("docs", "guide"), "*.md").Select(p => Path.GetRelativePath(Repository.Root, p)).Concat(others).Order(StringComparer.Ordinal)];

    [SkippableTheory]
    [MemberData(nameof(Guides))]
    public void Every_command_of_a_guide_runs_in_order(string guide)
    {
        Skip.If(OperatingSystem.IsWindows(), "the commands are those of a POSIX shell");
        string[] commands = [.. Repository.Blocks(guide).Where(b => b.Language == "sh").Select(b => b.Text)];
        if (commands.Length == 0)
            return;
        using TempFolder folder = new();
        if (commands.Any(c => c.Contains("samples/", StringComparison.Ordinal)))
            ChildProcess.RunIn(folder.Path, [ChildProcess.DotNet, Path.Combine(AppContext.BaseDirectory, "datagen.dll"), .. SmallSample.Split(' ')]).Succeeded();
        ChildProcess.RunIn(folder.Path, "bash", folder.Write("guide.sh", string.Join('\n', [Prelude(), .. commands]))).Succeeded();
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void Every_block_has_a_language_and_says_why_it_is_not_run(string guide) =>
        Assert.All(Repository.Blocks(guide), b => Assert.Matches(KnownLanguage(), b.Language));

    /// <summary>Defines the programs under the names that the guides use.</summary>
    private static string Prelude() => $$"""
        set -euxo pipefail
        program() { local name=$1; shift; command '{{ChildProcess.DotNet}}' "{{AppContext.BaseDirectory}}/$name.dll" "$@"; }
        gpu-ctr() { program gpu-ctr "$@"; }
        datagen() { program datagen "$@"; }
        dotnet() {
            [ "$1 $2 $4" = "run --project --" ] || { echo "not known to the test: dotnet $*"; exit 1; }
            case $3 in src/Engine) gpu-ctr "${@:5}";; tools/datagen) datagen "${@:5}";; *) echo "not known to the test: $3"; exit 1;; esac
        }
        """;

    [GeneratedRegex(@"^(sh|sh \(not run: .+\)|text|csharp|python|yaml|json)$")]
    private static partial Regex KnownLanguage();
}

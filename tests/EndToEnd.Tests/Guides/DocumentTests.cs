using System.Text.RegularExpressions;

namespace GpuCtr.EndToEnd.Tests.Guides;

/// <summary>The files, headings, flags and types that the documents name exist.</summary>
public sealed partial class DocumentTests
{
    // Decisions (docs/adr) describe their day, so only their links are checked.
    private const string Decisions = "docs/adr";

    // Pages in which every name in code font is one of this repository.
    private static readonly string[] maps = ["docs/architecture.md", "docs/glossary.md"];

    // Flags of other programs: dotnet, dotnet-counters, TensorBoard, ASP.NET.
    private static readonly string[] foreign = ["--project", "--filter", "--add-source", "--process-id", "--counters", "--logdir", "--urls", "--map-by", "--bind-to", "--mca", "--mpi", "--ntasks", "--cpus-per-task", "--signal"];

    private static readonly Lazy<string> sources = new(() => Text("*.cs"));
    private static readonly Lazy<string> flags = new(() => string.Join('\n', [Help(), Text("*.cs", "tools", "bench", "samples"), Text("*.py", "bench"), Text("*.sh", "bench"), .. foreign]));

    public static TheoryData<string> Documents() =>
        [.. Directory.GetFiles(Repository.Root, "*.md").Concat(Files("*.md", "docs", "src", "samples", "tools", "bench")).Select(p => Path.GetRelativePath(Repository.Root, p)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Maps() => [.. maps];

    [Fact]
    public void Every_decision_has_a_number_of_its_own_which_its_title_repeats()
    {
        string[] decisions = [.. Directory.GetFiles(Repository.File("docs", "adr"), "0*.md")];
        Assert.Equal(decisions.Length, decisions.Select(d => Path.GetFileName(d)[..4]).Distinct().Count());
        Assert.All(decisions, d => Assert.StartsWith($"# {int.Parse(Path.GetFileName(d)[..4], System.Globalization.CultureInfo.InvariantCulture)}. ", File.ReadLines(d).First()));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_leads_to_a_file_and_a_heading(string document)
    {
        string path = Repository.File(document);
        Assert.All(Link().Matches(File.ReadAllText(path)), link =>
        {
            string file = link.Groups[1].Value, heading = link.Groups[2].Value;
            string target = file.Length == 0 ? path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, file));
            Assert.True(Path.Exists(target), $"no such file: {link.Value}");
            Assert.True(heading.Length == 0 || Headings(target).Contains(heading[1..]), $"no such heading: {link.Value}");
        });
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_is_there(string document)
    {
        if (!document.StartsWith(Decisions, StringComparison.Ordinal))
            Assert.All(SourcePath().Matches(File.ReadAllText(Repository.File(document))), p => Assert.True(Path.Exists(Repository.File(p.Value.TrimEnd('.'))), $"no such file: {p.Value}"));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_flag_is_known(string document)
    {
        if (!document.StartsWith(Decisions, StringComparison.Ordinal))
            Assert.All(Flag().Matches(File.ReadAllText(Repository.File(document))), f => Assert.Matches($"{Regex.Escape(f.Value)}(?![-a-z0-9])", flags.Value));
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void Every_type_that_a_map_of_the_code_names_is_declared(string document) => Assert.All(Name().Matches(File.ReadAllText(Repository.File(document))), name =>
    {
        Assert.Matches($@"\b(class|struct|record|interface|enum) {name.Groups[1].Value}\b", sources.Value);
        if (name.Groups[2].Success)
            Assert.Matches($@"\b{name.Groups[2].Value}\b", sources.Value);
    });

    [Fact]
    public void Every_method_of_the_hops_of_a_batch_is_in_its_file()
    {
        MatchCollection hops = Hop().Matches(File.ReadAllText(Repository.File("docs/architecture.md")));
        Assert.InRange(hops.Count, 6, 8);
        Assert.All(hops, hop => Assert.Matches($@"\b{hop.Groups[1].Value}(<\w+>)?\(", File.ReadAllText(Repository.File(hop.Groups[2].Value))));
    }

    private static string Help()
    {
        using StringWriter text = new();
        foreach (string verb in (string[])["train", "tune", "evaluate", "predict", "serve", "inspect", "import", "export", "compare", "explain", "importance", "devices", "verify", "completion", ""])
            Engine.Program.Run([verb, "--help"], text, text);
        return text.ToString();
    }

    private static string Text(string pattern, params string[] folders) =>
        string.Join('\n', Files(pattern, folders.Length > 0 ? folders : ["src", "tests", "tools", "bench", "samples"]).Select(File.ReadAllText));

    private static IEnumerable<string> Files(string pattern, params string[] folders) =>
        folders.SelectMany(f => Directory.GetFiles(Repository.File(f), pattern, SearchOption.AllDirectories)).Where(p => !Built().IsMatch(p));

    /// <summary>The headings of a document as GitHub writes them in links.</summary>
    private static IEnumerable<string> Headings(string document) =>
        Heading().Matches(File.ReadAllText(document)).Select(h => NotInLinks().Replace(h.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\((?![a-z]+:)([^)#\s]*)(#[^)\s]+)?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInLinks();

    // Not in a longer path, and without a placeholder (<Area>, *) or a file that a command makes (bench/bundle).
    [GeneratedRegex(@"(?<![\w/.-])(src|tests|docs|tools|bench|samples|\.ci)/(?!bundle/)[\w./-]+(?![\w./*<{-])")]
    private static partial Regex SourcePath();

    [GeneratedRegex("(?<![-a-zA-Z0-9])--[a-z][a-z0-9-]*[a-z0-9]")]
    private static partial Regex Flag();

    // `Type`, `Type.Member` or `Type<T>`: names of one letter and options such as `None` are not types.
    [GeneratedRegex(@"`([A-Z]\w*[a-z]\w*)(?:\.([A-Z]\w*))?(?:<\w+>)?`")]
    private static partial Regex Name();

    // | 1 | [`Type.Method`](../path/of/Type.cs) |
    [GeneratedRegex(@"^\| \d \| \[`\w+\.(\w+)`\]\(\.\./([^)]+)\)", RegexOptions.Multiline)]
    private static partial Regex Hop();

    [GeneratedRegex(@"[/\\](bin|obj|bundle)[/\\]")]
    private static partial Regex Built();
}

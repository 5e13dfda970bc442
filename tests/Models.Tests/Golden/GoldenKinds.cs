using System.Text.RegularExpressions;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Golden;

/// <summary>No golden file lies there unread: every kind has the test that tests/golden/README.md says.</summary>
public sealed partial class GoldenKinds
{
    [Fact]
    public void Every_kind_of_the_folder_is_in_the_table_and_its_test_reads_it()
    {
        Dictionary<string, string> tests = [];
        foreach (Match row in Row().Matches(File.ReadAllText(Repository.File("tests/golden/README.md"))))
            foreach (Match kind in Quoted().Matches(row.Groups["kinds"].Value))
                tests.Add(kind.Groups[1].Value, Path.Combine(row.Groups["project"].Value, "Golden", $"{row.Groups["test"].Value}.cs"));
        Assert.Equal(GoldenModels.Kinds.Keys.Order(), tests.Where(t => t.Value.EndsWith("ModelGolden.cs", StringComparison.Ordinal)).Select(t => t.Key).Order());
        Assert.All(tests.Where(t => !GoldenModels.Kinds.ContainsKey(t.Key)), t => Assert.Contains($"GoldenFile.Of(\"{t.Key}\")", File.ReadAllText(Repository.File(t.Value)), StringComparison.Ordinal));
        string[] kinds = [.. Directory.GetFiles(GoldenFile.Folder, "*.json").Select(f => GoldenFile.Read(Path.GetFileNameWithoutExtension(f)).Kind).Distinct()];
        Assert.NotEmpty(kinds);
        Assert.All(kinds, kind => Assert.Contains(kind, tests.Keys));
    }

    [GeneratedRegex(@"^\| (?<kinds>`.*?) \| `(?<test>\w+)` in (?<project>[\w/.]+\w)", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Quoted();
}

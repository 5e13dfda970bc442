using System.Text.RegularExpressions;

namespace GpuCtr.Data.Tests;

public sealed partial class FolderTests
{
    [Fact]
    public void A_folder_uses_only_those_of_its_line_and_above_as_the_readme_lists_them()
    {
        string data = Repository.File("src", "Data");
        Dictionary<string, int> lines = File.ReadLines(Path.Combine(data, "README.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Index()
            .SelectMany(l => Folder().Matches(l.Item.Split('|')[1]).Select(m => (Name: m.Groups[1].Value, Line: l.Index))).ToDictionary(f => f.Name, f => f.Line);
        string[] folders = [.. Directory.GetDirectories(data).Select(d => Path.GetFileName(d)).Where(d => d is not ("bin" or "obj")).Order(StringComparer.Ordinal)];
        Assert.Equal(folders, lines.Keys.Order(StringComparer.Ordinal));
        Assert.All(folders.SelectMany(f => Directory.GetFiles(Path.Combine(data, f), "*.cs").Select(path => (Folder: f, Path: path))), file =>
            Assert.All(Using().Matches(File.ReadAllText(file.Path)).Select(m => m.Groups[1].Value), used =>
                Assert.True(lines[used] <= lines[file.Folder], $"{file.Path} uses {used}")));
    }

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Folder();

    [GeneratedRegex(@"^using (?:static )?GpuCtr\.Data\.([A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex Using();
}

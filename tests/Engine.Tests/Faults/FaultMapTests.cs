using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using GpuCtr.Data.Features;

namespace GpuCtr.Engine.Tests.Faults;

/// <summary>docs/faults.md and the tests say the same.</summary>
[Trait("Speed", "Fast")]
public sealed partial class FaultMapTests
{
    private const int FaultCount = 46;

    [Fact]
    public void Every_fault_has_a_row_and_every_row_names_tests_that_exist()
    {
        string tests = string.Join('\n', Directory.GetFiles(Repository.File("tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        Dictionary<int, string> rows = Rows();
        Assert.Equal(Enumerable.Range(1, FaultCount), rows.Keys.Order());
        foreach ((int number, string text) in rows)
        {
            Match[] named = [.. TestName().Matches(text).Cast<Match>()];
            Assert.True(named.Length > 0, $"row {number} names no test");
            foreach (Match m in named)
            {
                Assert.True(tests.Contains($"class {m.Groups[1].Value}"), $"row {number}: no class {m.Groups[1].Value}");
                Assert.True(tests.Contains($" {m.Groups[2].Value}("), $"row {number}: no test {m.Groups[2].Value}");
            }
        }
    }

    [Fact]
    public void Every_numbered_test_stands_in_its_row()
    {
        Dictionary<int, string> rows = Rows();
        foreach (MethodInfo test in typeof(FaultMapTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Where(m => Numbered().IsMatch(m.Name)))
            Assert.Contains($"`{test.DeclaringType!.Name}.{test.Name}`", rows[int.Parse(Numbered().Match(test.Name).Groups[1].Value, CultureInfo.InvariantCulture)]);
    }

    private static Dictionary<int, string> Rows() => File.ReadAllLines(Repository.File("docs", "faults.md"))
        .Select(l => Row().Match(l)).Where(m => m.Success).ToDictionary(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), m => m.Value);

    // Four columns: exit codes have a table of two.
    [GeneratedRegex(@"^\| *([0-9]+) \|([^|]*\|){3}$")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+)\.(\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex("^Fault([0-9][0-9])_")]
    private static partial Regex Numbered();
}

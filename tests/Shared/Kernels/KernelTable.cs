using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuCtr.Tests;

/// <summary>The table of docs/kernels.md: what every kernel uses of a multiprocessor.</summary>
public sealed partial record KernelTable(string Assembler, IReadOnlyList<KernelTable.Row> Rows)
{
    private const string Columns = "| kernel | threads a group | shared bytes | registers sm_70 | registers sm_80 | warps of 64 | registers sm_90 | warps of 64 |";

    private static string Path => System.IO.Path.Combine(Repository.Root, "docs", "kernels.md");

    /// <summary>One kernel; no registers on an architecture that it does not run on.</summary>
    public sealed record Row(string Kernel, int GroupSize, int SharedBytes, int? Registers70, int Registers80, int Warps80, int Registers90, int Warps90)
    {
        public override string ToString() => $"| {Kernel} | {GroupSize} | {SharedBytes} | {(Registers70 is { } registers ? registers : "–")} | {Registers80} | {Warps80} | {Registers90} | {Warps90} |";
    }

    /// <summary>The committed table.</summary>
    public static KernelTable Read()
    {
        string text = File.ReadAllText(Path);
        return new(Release().Match(text).Groups[1].Value, [.. Line().Matches(text).Select(Parse)]);
    }

    /// <summary>Puts this table in the place of the committed one.</summary>
    public void Write()
    {
        string text = Release().Replace(File.ReadAllText(Path), $"ptxas {Assembler}");
        string table = $"{Columns}\n|{string.Concat(Enumerable.Repeat("---|", 8))}\n{string.Join('\n', Rows)}\n";
        File.WriteAllText(Path, text[..text.IndexOf(Columns, StringComparison.Ordinal)] + table);
    }

    private static Row Parse(Match m)
    {
        int[] n = [.. m.Groups[2].Captures.Select(c => int.TryParse(c.Value, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        return new(m.Groups[1].Value, n[0], n[1], n[2] < 0 ? null : n[2], n[3], n[4], n[5], n[6]);
    }

    [GeneratedRegex(@"ptxas (\d+\.\d+)")]
    private static partial Regex Release();

    [GeneratedRegex(@"^\| ([\w.<>, ]+?) \|(?: (\d+|–) \|){7}$", RegexOptions.Multiline)]
    private static partial Regex Line();
}

using System.Text.RegularExpressions;

namespace GpuCtr.Tests;

/// <summary>The repository that these tests were built in.</summary>
internal static partial class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>Debug or Release, as these tests were built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>A file of it.</summary>
    public static string File(params string[] path) => Path.Combine([Root, .. path]);

    /// <summary>The fenced blocks of a Markdown file: the word behind the fence, and the text.</summary>
    public static IReadOnlyList<(string Language, string Text)> Blocks(params string[] path) =>
        [.. Fence().Matches(System.IO.File.ReadAllText(File(path))).Select(m => (m.Groups[1].Value.Trim(), m.Groups[2].Value))];

    private static string Find()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !System.IO.File.Exists(Path.Combine(at.FullName, "gpu-ctr.sln")))
            at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("gpu-ctr.sln is in no folder above the tests: they run from within the repository");
    }

    [GeneratedRegex(@"^```([^\n]*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}

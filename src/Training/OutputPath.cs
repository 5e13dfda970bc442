using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training;

/// <summary>Prevents a command from overwriting its inputs, also through links, relative paths and folders.</summary>
internal static class OutputPath
{
    /// <summary>Refuses outputs that are an input, are inside one, or are a folder that contains one.</summary>
    /// <param name="flag">The flag that names the output.</param>
    /// <param name="outputs">Files and folders that will be replaced.</param>
    /// <param name="inputs">Files and folders that are read; shards of a store are never overwritten.</param>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void RefuseInputs(string flag, IEnumerable<string> outputs, IEnumerable<string> inputs)
    {
        // An output that does not exist cannot be an input, which avoids resolving thousands of inputs.
        string[] replaced = [.. outputs.Where(Path.Exists)];
        foreach (string input in replaced.Length == 0 ? [] : inputs.Where(i => !ShardStores.IsAddress(i)))
        {
            string real = RealPath.Of(input);
            if (replaced.FirstOrDefault(o => RealPath.Overlap(RealPath.Of(o), real)) is { } output)
                throw GpuCtrException.UsageError($"{flag}: {output} would be overwritten, but this command reads it ({input}); choose another {flag}");
        }
    }

    /// <summary>Refuses an output that the patterns of the input would match as a shard the next time.</summary>
    /// <param name="flag">The flag that names the output.</param>
    /// <param name="output">A file that will be there.</param>
    /// <param name="patterns">The given shard patterns.</param>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void RefuseNextInputs(string flag, string output, IEnumerable<string> patterns)
    {
        if (patterns.FirstOrDefault(p => !ShardStores.IsAddress(p) && Names(p, output)) is { } pattern)
            throw GpuCtrException.UsageError($"{flag}: {output} would match {pattern} as a shard in the next run; choose another folder");
    }

    private static bool Names(string pattern, string output)
    {
        string path = RealPath.Of(output);
        if (Directory.Exists(pattern))
            return Below(RealPath.Of(pattern), path) is { } named && ShardPaths.IsShardOf(named);
        if (File.Exists(pattern))
            return false;
        string full = Path.GetFullPath(pattern).Replace('\\', '/');
        int wild = full.AsSpan().IndexOfAny('*', '?');
        if (wild < 0)
            return false;
        int slash = full.LastIndexOf('/', wild);
        Regex match = Glob.Regex(full[(slash + 1)..]);
        return Below(RealPath.Of(full[..(slash + 1)]), path) is { } below && match.IsMatch(below);
    }

    /// <summary>The path relative to a folder; null if it is outside.</summary>
    private static string? Below(string folder, string path)
    {
        string relative = Path.GetRelativePath(folder, path).Replace('\\', '/');
        return Path.IsPathRooted(relative) || relative.Split('/')[0] is ".." or "." ? null : relative;
    }
}

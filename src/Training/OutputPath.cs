using System.Text.RegularExpressions;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training;

/// <summary>Keeps what a command writes off what it reads, under whatever names: links, relative paths, folders.</summary>
internal static class OutputPath
{
    /// <summary>Refuses to write onto an input, into one, or over a folder that holds one.</summary>
    /// <param name="flag">The flag that names the output.</param>
    /// <param name="outputs">Files and folders that will be replaced.</param>
    /// <param name="inputs">Files and folders that are read; objects of a store are never written over.</param>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void RefuseInputs(string flag, IEnumerable<string> outputs, IEnumerable<string> inputs)
    {
        // What is not there is no input, which spares looking at thousands of them.
        string[] replaced = [.. outputs.Where(Path.Exists)];
        foreach (string input in replaced.Length == 0 ? [] : inputs.Where(i => !ObjectPaths.IsObject(i)))
        {
            string real = RealPath.Of(input);
            if (replaced.FirstOrDefault(o => RealPath.Overlap(RealPath.Of(o), real)) is { } output)
                throw GpuCtrException.UsageError($"{flag}: {output} would be overwritten, but this command reads it ({input}); choose another {flag}");
        }
    }

    /// <summary>Refuses an output that the patterns of the input would take for a shard the next time.</summary>
    /// <param name="flag">The flag that names the output.</param>
    /// <param name="output">A file that will be there.</param>
    /// <param name="patterns">What was given for shards.</param>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void RefuseNextInputs(string flag, string output, IEnumerable<string> patterns)
    {
        if (patterns.FirstOrDefault(p => !ObjectPaths.IsObject(p) && Names(p, output)) is { } pattern)
            throw GpuCtrException.UsageError($"{flag}: {output} would match {pattern} as a shard the next time; choose a folder elsewhere");
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

    /// <summary>The path from a folder on; null where it lies elsewhere.</summary>
    private static string? Below(string folder, string path)
    {
        string relative = Path.GetRelativePath(folder, path).Replace('\\', '/');
        return Path.IsPathRooted(relative) || relative.Split('/')[0] is ".." or "." ? null : relative;
    }
}

using System.Text.RegularExpressions;
using GpuCtr.Data;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A file that names a checkpoint folder.</summary>
internal static partial class PointerFile
{
    /// <summary>Lets the pointer name a checkpoint; it names the old or the new one at every moment.</summary>
    public static void Replace(string path, string name) => Disk.ReplaceText(path, name + "\n");

    /// <summary>Name of the checkpoint folder; null if there is no such pointer or it names nothing that could be one.</summary>
    public static string? Read(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > 64)
            return null;
        string name = File.ReadAllText(path).Trim();
        return IsName(name) ? name : null;
    }

    /// <summary>Whether a checkpoint can have this name: its step, and -2 and so on for further ones of that step.</summary>
    public static bool IsName(string name) => NamePattern().IsMatch(name);

    [GeneratedRegex("^[0-9]{1,10}(-[0-9]{1,9})?$")]
    private static partial Regex NamePattern();
}

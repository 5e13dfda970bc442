using System.Text.RegularExpressions;
using GpuCtr.Data;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A file that names a checkpoint folder.</summary>
internal static partial class PointerFile
{
    /// <summary>Sets the pointer; at every moment it names the old or the new checkpoint.</summary>
    public static void Replace(string path, string name) => Disk.ReplaceText(path, name + "\n");

    /// <summary>Name of the checkpoint folder; null if the pointer does not exist or its content cannot be a checkpoint's name.</summary>
    public static string? Read(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > 64)
            return null;
        string name = File.ReadAllText(path).Trim();
        return IsName(name) ? name : null;
    }

    /// <summary>Whether a checkpoint can have this name: its step, followed by -2 and so on for further checkpoints of that step.</summary>
    public static bool IsName(string name) => NamePattern().IsMatch(name);

    [GeneratedRegex("^[0-9]{1,10}(-[0-9]{1,9})?$")]
    private static partial Regex NamePattern();
}

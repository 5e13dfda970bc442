namespace GpuCtr.Engine.Checkpoints;

/// <summary>A file that names a checkpoint folder.</summary>
internal static class PointerFile
{
    /// <summary>Writes a new pointer beside the old one and renames it over it.</summary>
    public static void Replace(string path, string name)
    {
        string temporary = path + ".tmp";
        Checkpoint.WriteThrough(temporary, name + "\n");
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Name of the checkpoint folder; null if there is no such pointer or it names nothing that could be one.</summary>
    public static string? Read(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > 64)
            return null;
        string name = File.ReadAllText(path).Trim();
        return name.Length > 0 && name.All(c => char.IsAsciiDigit(c) || c == '-') ? name : null;
    }
}

namespace GpuCtr.Datagen;

/// <summary>Exit codes, the same as those of every executable of the project.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Unknown verb, flag or value; a refused combination; an output folder that is already filled.</summary>
    public const int Usage = 2;

    /// <summary>The data are invalid.</summary>
    public const int Data = 3;

    /// <summary>Unreadable, unwritable, disk full.</summary>
    public const int InputOutput = 5;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Interrupted = 130;
}

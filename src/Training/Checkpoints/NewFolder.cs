using System.Globalization;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A new folder named by the time, for a run or a search without --out.</summary>
internal static class NewFolder
{
    /// <summary>Creates it and takes its lock. Several processes may begin in the same second: whoever has the lock has the folder, and the next one takes the next number.</summary>
    /// <param name="parent">The folder in which it is made.</param>
    /// <param name="prefix">What its name begins with.</param>
    /// <param name="time">What its name goes on with.</param>
    /// <exception cref="IOException">Not writable.</exception>
    public static (string Path, RunLock Held) Create(string parent, string prefix, DateTime time)
    {
        string name = Path.GetFullPath(Path.Combine(parent, $"{prefix}{time.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}"));
        for (int i = 1; ; i++)
        {
            string folder = i == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
            if (Directory.Exists(folder))
                continue;
            Directory.CreateDirectory(folder);
            if (RunLock.TryTake(folder) is not { } held)
                continue;
            // Another process may have made it, and finished, since it was looked for.
            if (RunLock.OthersIn(folder).Length == 0)
                return (folder, held);
            held.Dispose();
        }
    }
}

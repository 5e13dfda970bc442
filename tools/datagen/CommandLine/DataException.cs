namespace GpuCtr.Datagen;

/// <summary>A file that does not hold what it should; its message is the one line that the user sees (exit 3).</summary>
public sealed class DataException(string message) : Exception(message);

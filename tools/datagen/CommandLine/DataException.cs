namespace GpuCtr.Datagen;

/// <summary>A file has invalid content; the message is the one line that the user sees (exit 3).</summary>
public sealed class DataException(string message) : Exception(message);

namespace GpuCtr.Datagen;

/// <summary>An invalid request; the message is the one line that the user sees (exit 2).</summary>
public sealed class UsageException(string message) : Exception(message);

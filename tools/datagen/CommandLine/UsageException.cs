namespace GpuCtr.Datagen;

/// <summary>A request that cannot be met as it was put; its message is the one line that the user sees (exit 2).</summary>
public sealed class UsageException(string message) : Exception(message);

using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Devices;

/// <summary>Asks the system to back large buffers of the CPU device by huge pages, so that a gather from a table seldom misses the translation buffer.</summary>
/// Advice only: where the system has none to give, or is not Linux, nothing changes.
internal static partial class HugePages
{
    private const int AdviseHugePage = 14;
    private const long PageBytes = 2L << 20;

    /// <summary>Advises for the whole huge pages within a buffer; call it before the buffer is written for the first time.</summary>
    public static void Advise(nint address, long bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < 2 * PageBytes)
            return;
        nint first = (nint)((address + PageBytes - 1) & ~(PageBytes - 1)), end = (nint)((address + bytes) & ~(PageBytes - 1));
        _ = Madvise(first, (nuint)(end - first), AdviseHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nint address, nuint length, int advice);
}

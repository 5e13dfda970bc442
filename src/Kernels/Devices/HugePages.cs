using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Devices;

/// <summary>Asks the system to back memory of the CPU device by huge pages.</summary>
/// <remarks>Advice only: where the system has none to give, or is not Linux, nothing changes.</remarks>
internal static partial class HugePages
{
    /// <summary>Bytes of a huge page.</summary>
    public const long PageBytes = 2L << 20;

    private const int AdviseHugePage = 14;

    /// <summary>Advises for the whole huge pages within some memory; call it before that is written for the first time.</summary>
    /// <returns>Where the first of them begins; within the memory, where that is larger than a page.</returns>
    public static nint Advise(nint address, long bytes)
    {
        nint first = (nint)((address + PageBytes - 1) & ~(PageBytes - 1)), end = (nint)((address + bytes) & ~(PageBytes - 1));
        if (OperatingSystem.IsLinux() && end > first)
            _ = Madvise(first, (nuint)(end - first), AdviseHugePage);
        return first;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nint address, nuint length, int advice);
}

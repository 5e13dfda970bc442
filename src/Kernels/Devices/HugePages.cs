using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Devices;

/// <summary>Asks the system to back memory of the CPU device by huge pages.</summary>
/// <remarks>Advice only: without free huge pages, or on other systems than Linux, nothing changes.</remarks>
internal static partial class HugePages
{
    /// <summary>Bytes of a huge page.</summary>
    public const long PageBytes = 2L << 20;

    private const int AdviseHugePage = 14;

    /// <summary>Gives the advice for the whole huge pages within a memory range; call it before the memory is first written.</summary>
    /// <returns>Start of the first huge page; it is within the range if the range is larger than a page.</returns>
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

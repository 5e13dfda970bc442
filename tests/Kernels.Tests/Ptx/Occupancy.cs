namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>How many warps of a kernel fit on one multiprocessor (CUDA C++ Programming Guide, "Compute Capabilities").</summary>
internal static class Occupancy
{
    private const int WarpThreads = 32, MaxWarps = 64, MaxGroups = 32, Registers = 65536, RegisterUnit = 256, WarpUnit = 4;

    // Every group takes 1 KiB of shared memory for the system.
    private const int ReservedShared = 1024;

    /// <summary>Warps of 64 on sm_80 (164 KiB shared memory) or sm_90 (228 KiB).</summary>
    public static int Warps(int architecture, int groupSize, in Ptxas.Usage usage)
    {
        int shared = (architecture >= 90 ? 228 : 164) * 1024, warps = (groupSize + WarpThreads - 1) / WarpThreads;
        int registers = (usage.Registers * WarpThreads + RegisterUnit - 1) / RegisterUnit * RegisterUnit;
        int byRegisters = Registers / registers / WarpUnit * WarpUnit / warps, byShared = shared / (usage.SharedBytes + ReservedShared);
        return Math.Min(Math.Min(MaxWarps / warps, MaxGroups), Math.Min(byRegisters, byShared)) * warps;
    }
}

using System.Globalization;

namespace GpuCtr.SoftCuda;

/// <summary>The simulated GPU: the properties that the driver reports, and the limits of kernels (CUDA C++ Programming Guide, "Compute Capabilities"; data sheets).</summary>
/// <param name="Major">Compute capability before the dot.</param>
/// <param name="Minor">Compute capability behind the dot.</param>
/// <param name="Name">The name reported by the driver, marked as simulated.</param>
/// <param name="Multiprocessors">How many.</param>
/// <param name="SharedBytes">Shared memory of a multiprocessor.</param>
/// <param name="Warps">Most warps of a multiprocessor.</param>
/// <param name="Blocks">Most blocks of a multiprocessor.</param>
/// <param name="ClockMhz">Of multiprocessors.</param>
/// <param name="MemoryClockMhz">Of memory; data move at both edges.</param>
/// <param name="BusBits">Width of the memory bus.</param>
/// <param name="CacheBytes">Second-level cache.</param>
/// <param name="MemoryGiB">Memory of the device.</param>
public sealed record Capability(
    int Major, int Minor, string Name, int Multiprocessors, int SharedBytes, int Warps, int Blocks, int ClockMhz, int MemoryClockMhz, int BusBits, int CacheBytes, int MemoryGiB)
{
    /// <summary>Lanes of a warp, on all of them.</summary>
    public const int WarpLanes = 32;

    /// <summary>Most threads of a block, on all of them.</summary>
    public const int BlockThreads = 1024;

    /// <summary>Registers of 32 bits of a multiprocessor and most of a block, on all of them.</summary>
    public const int Registers = 65536;

    /// <summary>Maximum shared memory of a block, unless a kernel requests more.</summary>
    public const int BlockSharedBytes = 48 << 10;

    /// <summary>Shared memory that every block takes for the system; before 8.0 none.</summary>
    public int ReservedSharedBytes => Major >= 8 ? 1 << 10 : 0;

    /// <summary>Maximum shared memory of a block whose kernel requests it.</summary>
    public int BlockSharedBytesOptIn => SharedBytes - ReservedSharedBytes;

    /// <summary>Bytes of memory that move in a second.</summary>
    public double BytesPerSecond => 2e6 * MemoryClockMhz * BusBits / 8;

    /// <summary>Warps of a kernel that a multiprocessor holds at a time, by its registers, shared memory, warps and blocks.</summary>
    /// <param name="blockThreads">Threads of a block.</param>
    /// <param name="registers">Of a thread.</param>
    /// <param name="sharedBytes">Of a block.</param>
    public int WarpsInFlight(int blockThreads, int registers, int sharedBytes)
    {
        // Registers are given out to warps in pieces, and warps of a multiprocessor belong to one of four schedulers.
        const int piece = 256, schedulers = 4;
        int blockWarps = (blockThreads + WarpLanes - 1) / WarpLanes, warpRegisters = (registers * WarpLanes + piece - 1) / piece * piece;
        int byRegisters = Registers / warpRegisters / schedulers * schedulers / blockWarps, byShared = SharedBytes / Math.Max(1, sharedBytes + ReservedSharedBytes);
        return Math.Min(Math.Min(Warps / blockWarps, Blocks), Math.Min(byRegisters, byShared)) * blockWarps;
    }

    /// <summary>Every GPU that the machine can stand for.</summary>
    public static IReadOnlyList<Capability> All { get; } =
    [
        new(7, 0, "V100 in software", 80, 96 << 10, 64, 32, 1530, 877, 4096, 6 << 20, 16),
        new(8, 0, "A100 in software", 108, 164 << 10, 64, 32, 1410, 1215, 5120, 40 << 20, 40),
        new(8, 9, "RTX 4090 in software", 128, 100 << 10, 48, 24, 2520, 10501, 384, 72 << 20, 24),
        new(9, 0, "H100 in software", 132, 228 << 10, 64, 32, 1980, 2619, 5120, 50 << 20, 80),
        new(12, 0, "RTX 5090 in software", 170, 100 << 10, 48, 24, 2407, 14001, 512, 96 << 20, 32),
    ];

    /// <summary>The GPU of a capability as in <c>9.0</c>.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Capability Of(string number) => All.FirstOrDefault(c => c.ToString() == number)
        ?? throw new ArgumentException($"'{number}' is no capability that this machine stands for; it has {string.Join(", ", All)}");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Attributes of a device (<c>CUdevice_attribute</c>).</summary>
internal static class DeviceAttributes
{
    /// <summary>The value of an attribute; null if this machine does not have it.</summary>
    public static int? Value(Capability gpu, int attribute) => attribute switch
    {
        1 or 2 or 3 => Capability.BlockThreads,         // most threads of a block, and along x and y
        4 => 64,                                        // along z
        5 => int.MaxValue,                              // most blocks of a grid along x
        6 or 7 => 65535,                                // along y and z
        8 => Capability.BlockSharedBytes,
        9 => 64 << 10,                                  // constant memory
        10 => Capability.WarpLanes,
        11 => int.MaxValue,                             // pitch
        12 or 82 => Capability.Registers,               // of a block and of a multiprocessor
        13 => gpu.ClockMhz * 1000,
        15 => 1,                                        // copies while kernels run
        16 => gpu.Multiprocessors,
        17 or 18 or 20 => 0,                            // no time limit, not part of the host, any number of contexts
        19 or 31 => 1,                                  // maps host memory, several kernels at once
        32 => gpu.BusBits > 1024 ? 1 : 0,               // error correction: with stacked memory
        33 or 34 or 50 => attribute == 33 ? 1 : 0,      // bus, device and domain on PCI
        35 => 0,                                        // not the driver without a display, which is for Windows
        36 => gpu.MemoryClockMhz * 1000,
        37 => gpu.BusBits,
        38 => gpu.CacheBytes,
        39 => gpu.Warps * Capability.WarpLanes,
        40 => 3,                                        // engines that copy
        41 => 1,                                        // one space of addresses for host and device
        75 => gpu.Major,
        76 => gpu.Minor,
        78 or 79 or 80 => 1,                            // priorities, first-level cache of global and local memory
        81 => gpu.SharedBytes,
        83 or 90 or 91 => 1,                            // managed memory, preemption, registered memory keeps its address
        88 or 89 => 0,                                  // no access to memory of the host that is not registered
        97 => gpu.BlockSharedBytesOptIn,
        106 => gpu.Blocks,
        111 => gpu.ReservedSharedBytes,
        _ => null,
    };
}

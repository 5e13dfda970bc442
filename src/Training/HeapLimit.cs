namespace GpuCtr.Training;

/// <summary>Bounds the collected heap, so that garbage does not grow with what is kept: without a bound the collector waits until a good part of it has been allocated anew.</summary>
/// <remarks>Only where the process is gpu-ctr's own: a library does not bound the heap of its host.</remarks>
internal static class HeapLimit
{
    private const string Setting = "GCHeapHardLimit";

    private static long outsideBytes;

    /// <summary>True in the process of the executable.</summary>
    public static bool IsOwnProcess { get; set; }

    /// <summary>Collects what there is and bounds the heap from now on.</summary>
    /// <param name="residentBytes">What the whole process may take.</param>
    /// <param name="nativeBytes">What of it models and batches take outside the heap; nothing of that is there at the first call.</param>
    public static void Set(long residentBytes, long nativeBytes)
    {
        if (!IsOwnProcess)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (outsideBytes == 0)
            outsideBytes = Math.Max(MemoryBudget.OutsideBytes, Environment.WorkingSet - GC.GetGCMemoryInfo().TotalCommittedBytes);
        long heap = residentBytes - outsideBytes - nativeBytes;
        if (heap <= 0)
            return; // said when the memory for rows is worked out
        AppContext.SetData(Setting, (ulong)heap);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException)
        {
            // Less than is in use: as above.
        }
    }
}

namespace GpuCtr.Training;

/// <summary>Bounds the managed heap. Without a bound, the collector lets garbage grow in proportion to the live heap.</summary>
/// <remarks>Only in the process of the executable: a library does not bound the heap of its host.</remarks>
internal static class HeapLimit
{
    private const string Setting = "GCHeapHardLimit";

    private static long outsideBytes;

    /// <summary>True in the process of the executable.</summary>
    public static bool IsOwnProcess { get; set; }

    /// <summary>Collects garbage, and bounds the heap from then on.</summary>
    /// <param name="residentBytes">Limit of the whole process.</param>
    /// <param name="nativeBytes">Part of it that models and batches take outside the heap; none of it is allocated at the first call.</param>
    public static void Set(long residentBytes, long nativeBytes)
    {
        if (!IsOwnProcess)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (outsideBytes == 0)
            outsideBytes = Math.Max(MemoryBudget.OutsideBytes, Environment.WorkingSet - GC.GetGCMemoryInfo().TotalCommittedBytes);
        long heap = residentBytes - outsideBytes - nativeBytes;
        if (heap <= 0)
            return; // reported when the memory for rows is computed
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

namespace GpuCtr.Data.Splits;

/// <summary>Finds the key from which on at most a number of keys are, without holding the keys: counts by 16 bits at a time, from the highest on.</summary>
/// <remarks>Equal keys stay together. If the largest key alone has more than the number, that key.</remarks>
internal static class KeyCut
{
    private const int Digits = 16, Passes = 64 / Digits, Buckets = 1 << Digits;

    /// <summary>The smallest key with which at most <paramref name="most"/> keys are at least as large; null if there are no keys.</summary>
    /// <param name="read">Reads all keys; calls back on several threads.</param>
    /// <param name="most">The number.</param>
    public static ulong? Find(Action<Action<ReadOnlySpan<ulong>>> read, long most)
    {
        ulong prefix = 0;
        long above = 0;
        for (int pass = 0; pass < Passes; pass++)
        {
            int shift = 64 - Digits * (pass + 1);
            long[] counts = Count(read, prefix, shift);
            if (pass == 0 && counts.Sum() is var all && all <= most)
                return all == 0 ? null : Least(read, 0);
            int bucket = Buckets - 1;
            while (above + counts[bucket] <= most)
                above += counts[bucket--];
            prefix = (prefix << Digits) | (uint)bucket;
        }

        // From this key on there would be too many; cut after it, unless nothing would be left.
        return above > 0 ? Least(read, prefix + 1) : prefix;
    }

    private static long[] Count(Action<Action<ReadOnlySpan<ulong>>> read, ulong prefix, int shift)
    {
        long[] counts = new long[Buckets];
        read(keys =>
        {
            foreach (ulong key in keys)
            {
                if (shift + Digits == 64 || key >> (shift + Digits) == prefix)
                    Interlocked.Increment(ref counts[(key >> shift) & (Buckets - 1)]);
            }
        });
        return counts;
    }

    /// <summary>The least key that is at least so large.</summary>
    private static ulong Least(Action<Action<ReadOnlySpan<ulong>>> read, ulong bound)
    {
        ulong next = ulong.MaxValue;
        Lock gate = new();
        read(keys =>
        {
            ulong least = ulong.MaxValue;
            foreach (ulong k in keys)
                least = k >= bound && k < least ? k : least;
            lock (gate)
                next = Math.Min(next, least);
        });
        return next;
    }
}

namespace GpuCtr.Engine.Data;

/// <summary>
/// Arrays of row groups that were read and are used again for the next ones: streaming leaves nothing to collect, so that memory is
/// what the windows take and not a multiple of it. Safe for several threads.
/// </summary>
internal sealed class ArrayStock
{
    private readonly Lock gate = new();
    private readonly Dictionary<Type, List<Array>> free = [];

    /// <summary>An array of at least that length, with whatever it held before.</summary>
    public T[] Rent<T>(int length)
    {
        lock (gate)
        {
            List<Array> arrays = Of(typeof(T));
            int best = -1;
            for (int i = 0; i < arrays.Count; i++)
            {
                if (arrays[i].Length >= length && (best < 0 || arrays[i].Length < arrays[best].Length))
                    best = i;
            }

            // A much larger one is worth more to a larger row group.
            if (best >= 0 && arrays[best].Length <= 2L * length + 1024)
            {
                var found = (T[])arrays[best];
                arrays.RemoveAt(best);
                return found;
            }

            // One that is too small would stay for ever while others grow.
            if (arrays.Count > 0)
                arrays.RemoveAt(0);
        }

        return new T[length];
    }

    /// <summary>Takes an array back.</summary>
    public void Return<T>(T[] array)
    {
        if (array.Length == 0)
            return;
        lock (gate)
            Of(typeof(T)).Add(array);
    }

    private List<Array> Of(Type type)
    {
        if (!free.TryGetValue(type, out List<Array>? arrays))
            free[type] = arrays = [];
        return arrays;
    }
}

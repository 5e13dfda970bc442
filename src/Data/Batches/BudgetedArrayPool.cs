using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuCtr.Data.Batches;

/// <summary>
/// Arrays of row groups that were read and are used again for the next ones: streaming leaves next to nothing to collect, so that
/// memory is what the windows take and not a multiple of it. Safe for several threads.
/// </summary>
/// <param name="mostFreeBytes">Limit of unused bytes. Row groups of many sizes could otherwise leave arrays that are never requested again.</param>
internal sealed class BudgetedArrayPool(long mostFreeBytes)
{
    private const int SizesInAnOctave = 8;

    private readonly Lock gate = new();
    private readonly Dictionary<(Type Type, int Length), Stack<Array>> free = [];

    /// <summary>Bytes that lie unused.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>An array of at least that length, with whatever it held before.</summary>
    public T[] Rent<T>(int length)
    {
        int size = SizeFor(length);
        lock (gate)
        {
            if (free.TryGetValue((typeof(T), size), out Stack<Array>? arrays) && arrays.TryPop(out Array? found))
            {
                FreeBytes -= BytesOf<T>(size);
                return (T[])found;
            }
        }

        return new T[size];
    }

    /// <summary>Takes an array back that was rented.</summary>
    public void Return<T>(T[] array)
    {
        if (array.Length == 0)
            return;
        lock (gate)
        {
            // Arrays of a size that is not requested are the first to go.
            if (FreeBytes + BytesOf<T>(array.Length) > mostFreeBytes)
                return;
            if (!free.TryGetValue((typeof(T), array.Length), out Stack<Array>? arrays))
                free[(typeof(T), array.Length)] = arrays = [];
            arrays.Push(array);
            FreeBytes += BytesOf<T>(array.Length);
        }
    }

    /// <summary>Few sizes, none more than an eighth too large, so that what one row group leaves fits the next.</summary>
    private static int SizeFor(int length)
    {
        int step = Math.Max(1, (int)(BitOperations.RoundUpToPowerOf2((uint)length + 1) / 2 / SizesInAnOctave));
        return (int)Math.Min(((long)length + step - 1) / step * step, Array.MaxLength);
    }

    private static long BytesOf<T>(int length) => (long)length * Unsafe.SizeOf<T>();
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuCtr.Data.Batches;

/// <summary>
/// Reuses the arrays of earlier row groups for later ones: streaming creates hardly any garbage, so that
/// memory is the size of the windows and not a multiple of it. Safe for several threads.
/// </summary>
/// <param name="mostFreeBytes">Limit of unused bytes. Row groups of many sizes could otherwise leave arrays that are never requested again.</param>
internal sealed class BudgetedArrayPool(long mostFreeBytes)
{
    private const int SizesInAnOctave = 8;

    private readonly Lock gate = new();
    private readonly Dictionary<(Type Type, int Length), Stack<Array>> free = [];

    /// <summary>Unused bytes in the pool.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>An array of at least that length, with arbitrary content.</summary>
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

    /// <summary>Returns a rented array.</summary>
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

    /// <summary>Rounds a length up to one of a few sizes, at most an eighth larger, so that the arrays of one row group fit the next.</summary>
    private static int SizeFor(int length)
    {
        int step = Math.Max(1, (int)(BitOperations.RoundUpToPowerOf2((uint)length + 1) / 2 / SizesInAnOctave));
        return (int)Math.Min(((long)length + step - 1) / step * step, Array.MaxLength);
    }

    private static long BytesOf<T>(int length) => (long)length * Unsafe.SizeOf<T>();
}

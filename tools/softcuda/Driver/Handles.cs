namespace GpuCtr.SoftCuda.Driver;

/// <summary>Objects that callers know by a number. A number is used once, so that a stale one is known.</summary>
internal sealed class Handles
{
    private readonly Dictionary<nint, object> objects = [];

    // Far from numbers with a meaning of their own (streams 0, 1 and 2), from addresses and from one another.
    private nint next = 0x5C0D_0000;

    /// <summary>A new number for an object.</summary>
    public nint Add(object made)
    {
        next += 16;
        objects.Add(next, made);
        return next;
    }

    /// <summary>The object of a number.</summary>
    /// <exception cref="Refusal">There is none of this kind.</exception>
    public T Get<T>(nint handle, CudaResult otherwise = CudaResult.InvalidHandle) where T : class =>
        objects.GetValueOrDefault(handle) as T ?? throw new Refusal(otherwise, $"0x{handle:x} is no {typeof(T).Name} that lives");

    /// <summary>Takes an object out; its number is never used again.</summary>
    /// <exception cref="Refusal">There is none of this kind.</exception>
    public T Remove<T>(nint handle, CudaResult otherwise = CudaResult.InvalidHandle) where T : class
    {
        T found = Get<T>(handle, otherwise);
        objects.Remove(handle);
        return found;
    }
}

namespace GpuCtr.Kernels.Devices;

/// <summary>Reference-counts native memory: once closed, it refuses new users, and the last user to leave frees the memory.</summary>
/// <remarks>One interlocked operation to enter and one to leave; never waits and allocates nothing. A lease also keeps its owner alive.</remarks>
/// <param name="owner">The object that an <see cref="ObjectDisposedException"/> names.</param>
/// <param name="free">Called once, by the closing thread or by the last one to leave.</param>
public sealed class Lifetime(string owner, Action free)
{
    // Number of users; negative once closed.
    private int users;
    private Action? free = free;

    /// <summary>Whether new users are refused.</summary>
    public bool IsClosed => Volatile.Read(ref users) < 0;

    /// <summary>Whether the memory is freed, or being freed.</summary>
    public bool HasEnded => Volatile.Read(ref free) is null;

    /// <summary>Enters; the memory stays valid until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public Lease Enter() => TryEnter(out Lease lease) ? lease : throw new ObjectDisposedException(owner);

    /// <summary>Like <see cref="Enter"/>, but returns false if it is closed.</summary>
    public bool TryEnter(out Lease lease)
    {
        bool entered = Interlocked.Increment(ref users) >= 0;
        lease = entered ? new Lease(this) : default;
        if (!entered)
            Leave();
        return entered;
    }

    /// <summary>Refuses new users from now on, and frees the memory at once if there are none. Closing again has no effect.</summary>
    public void Close()
    {
        if (Interlocked.Or(ref users, int.MinValue) == 0)
            Free();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref users) == int.MinValue)
            Free();
    }

    /// <summary>Leaves; a user that entered too late may be the last to leave.</summary>
    private void Free() => Interlocked.Exchange(ref free, null)?.Invoke();

    /// <summary>One use of the memory; dispose it once.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly Lifetime? lifetime;

        internal Lease(Lifetime lifetime) => this.lifetime = lifetime;

        /// <inheritdoc/>
        public void Dispose() => lifetime?.Leave();
    }
}

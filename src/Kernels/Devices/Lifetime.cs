namespace GpuCtr.Kernels.Devices;

/// <summary>Keeps what was allocated outside the collected heap until nobody uses it any more: closed, it lets nobody in, and the last one out frees it.</summary>
/// <remarks>One interlocked operation on the way in and one on the way out; never waits and allocates nothing. A lease also keeps its owner from being collected.</remarks>
/// <param name="owner">What is said to be disposed.</param>
/// <param name="free">Called once, by whoever closes it or leaves last.</param>
public sealed class Lifetime(string owner, Action free)
{
    // Who is inside; negative once it is closed.
    private int users;
    private Action? free = free;

    /// <summary>Whether nobody is let in any more.</summary>
    public bool IsClosed => Volatile.Read(ref users) < 0;

    /// <summary>Whether it is freed, or being freed.</summary>
    public bool HasEnded => Volatile.Read(ref free) is null;

    /// <summary>The right to use it, until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public Lease Enter()
    {
        if (Interlocked.Increment(ref users) >= 0)
            return new Lease(this);
        Leave();
        throw new ObjectDisposedException(owner);
    }

    /// <summary>Lets nobody in from now on, and frees at once where nobody is inside. Closing it again does nothing.</summary>
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

    /// <summary>One who came too late may be the last to leave again.</summary>
    private void Free() => Interlocked.Exchange(ref free, null)?.Invoke();

    /// <summary>One use; to be disposed once.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly Lifetime? lifetime;

        internal Lease(Lifetime lifetime) => this.lifetime = lifetime;

        /// <inheritdoc/>
        public void Dispose() => lifetime?.Leave();
    }
}

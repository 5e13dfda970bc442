namespace GpuCtr.Datagen;

/// <summary>A kind of table with the requested sizes.</summary>
public abstract record TableShape
{
    /// <summary>The name that <c>--schema</c> takes.</summary>
    public abstract string Name { get; }

    /// <summary>The sizes as arguments.</summary>
    public abstract string Arguments { get; }

    /// <summary>Rows that belong together: numbers of rows are multiples of it, and shards are cut between.</summary>
    public virtual int UnitRows => 1;

    /// <summary>Whether the sizes make sense together.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public abstract void Check();

    /// <summary>Draws columns and truth; both depend only on the stream and the sizes.</summary>
    public abstract ISyntheticTable Draw(CounterStream stream);
}

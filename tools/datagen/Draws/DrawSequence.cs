namespace GpuCtr.Datagen;

/// <summary>Draws in sequence from a <see cref="CounterStream"/>: for planting, where order is fixed by the code.</summary>
public sealed class DrawSequence(CounterStream stream)
{
    private ulong _next;

    /// <summary>64 random bits.</summary>
    public ulong Bits() => stream.Bits(_next++);

    /// <summary>Uniform in (low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * stream.Uniform(_next++));

    /// <summary>Standard normal.</summary>
    public double Normal() => NormalQuantile.At(stream.Uniform(_next++));

    /// <summary>Uniform in 0 … count − 1; the bias of the modulus is below count / 2⁶⁴.</summary>
    public int Below(int count) => (int)(Bits() % (ulong)count);

    /// <summary>Fisher–Yates: every order is equally likely.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}

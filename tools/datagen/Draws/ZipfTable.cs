namespace GpuCtr.Datagen;

/// <summary>Zipf's law over ranks 1 … n: P(r) ∝ r^−s, drawn in constant time by Walker's alias method (Vose 1991).</summary>
/// <remarks>One cell a rank: with probability <c>keep</c> a draw that hits the cell is its own rank, else the cell's alias. 8 bytes a rank.</remarks>
public sealed class ZipfTable
{
    private readonly uint[] _keep;   // (n) 32-bit fraction: the low half of a draw below it keeps the cell's own rank
    private readonly int[] _alias;   // (n) zero-based rank of the other owner of the cell
    private readonly double _total;

    /// <summary>Ranks 1 … <paramref name="count"/> with the given exponent.</summary>
    public ZipfTable(int count, double exponent)
    {
        Exponent = exponent;
        double[] weight = new double[count];
        for (int i = 0; i < count; i++)
            weight[i] = PortableMath.Pow(i + 1, -exponent);
        // Smallest first: the sum of a long tail loses nothing to rounding.
        for (int i = count - 1; i >= 0; i--)
            _total += weight[i];

        _keep = new uint[count];
        _alias = new int[count];
        // The weights fall, so the cells above the average are a prefix: `rich` walks it and fills up the poor ones.
        int rich = 0;
        for (int i = 0; i < count; i++)
            weight[i] *= count / _total;
        int firstPoor = 0;
        while (firstPoor < count && weight[firstPoor] >= 1)
            firstPoor++;
        for (int poor = firstPoor; poor < count; poor++)
        {
            Fill(poor, weight[poor], rich);
            weight[rich] -= 1 - weight[poor];
            // A rich cell that fell below the average is poor now and takes the rest from the next rich one.
            while (rich < firstPoor - 1 && weight[rich] < 1)
            {
                Fill(rich, weight[rich], rich + 1);
                weight[rich + 1] -= 1 - weight[rich];
                rich++;
            }
        }
        for (int i = rich; i < Math.Max(firstPoor, 1); i++)
            Fill(i, 1, i);
    }

    /// <summary>Number of ranks.</summary>
    public int Count => _keep.Length;

    /// <summary>The exponent s.</summary>
    public double Exponent { get; }

    /// <summary>P(rank), rank from 1.</summary>
    public double Probability(int rank) => PortableMath.Pow(rank, -Exponent) / _total;

    /// <summary>The rank (from 1) that 64 random bits stand for: the high half picks the cell, the low half its owner.</summary>
    public int Draw(ulong bits)
    {
        int cell = (int)(((bits >> 32) * (ulong)_keep.Length) >> 32);
        return 1 + ((uint)bits <= _keep[cell] ? cell : _alias[cell]);
    }

    private void Fill(int cell, double keep, int alias)
    {
        _keep[cell] = (uint)(Math.Clamp(keep, 0, 1) * uint.MaxValue);
        _alias[cell] = alias;
    }
}

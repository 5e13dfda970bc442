namespace GpuCtr.Datagen;

/// <summary>A list of a table: its items with their true probabilities and labels, a function of the stream and of its number.</summary>
public sealed class ItemList
{
    private const int _fewest = 5, _most = ListsShape.PairRows - _fewest;

    /// <summary>Draws list <paramref name="number"/>.</summary>
    public ItemList(CounterStream stream, long number, int categories)
    {
        Number = number;
        int first = _fewest + (int)(stream.Child((ulong)(number / 2)).Bits(0) % (_most - _fewest + 1));
        bool second = number % 2 == 1;
        FirstRow = (number / 2 * ListsShape.PairRows) + (second ? first : 0);
        int items = second ? ListsShape.PairRows - first : first;
        (Categories, Quality, Price) = (new long[items], new float[items], new float[items]);
        (Bargain, Probabilities, Labels) = (new double[items], new double[items], new int[items]);
        for (int i = 0; i < items; i++)
        {
            var draws = stream.Child((ulong)(FirstRow + i)).Child(1);
            Categories[i] = (long)(draws.Bits(0) % (ulong)categories);
            (Quality[i], Price[i]) = ((float)NormalQuantile.At(draws.Uniform(1)), (float)NormalQuantile.At(draws.Uniform(2)));
            Bargain[i] = (double)Quality[i] - Price[i];
        }
        for (int i = 0; i < items; i++)
        {
            double best = Enumerable.Range(0, items).Where(j => Categories[j] == Categories[i]).Max(j => Bargain[j]);
            Probabilities[i] = PortableMath.Sigmoid(1 + (Bargain[i] / 2) - (3 * (best - Bargain[i])));
            Labels[i] = stream.Child((ulong)(FirstRow + i)).Child(2).Uniform(0) < Probabilities[i] ? 1 : 0;
        }
    }

    /// <summary>Its number, which is its request.</summary>
    public long Number { get; }

    /// <summary>Its first row in the table.</summary>
    public long FirstRow { get; }

    /// <summary>Category of each item. (items)</summary>
    public long[] Categories { get; }

    /// <summary>Quality of each item. (items)</summary>
    public float[] Quality { get; }

    /// <summary>Price of each item. (items)</summary>
    public float[] Price { get; }

    /// <summary>Quality − price. (items)</summary>
    public double[] Bargain { get; }

    /// <summary>True probability of each item. (items)</summary>
    public double[] Probabilities { get; }

    /// <summary>Label of each item. (items)</summary>
    public int[] Labels { get; }

    /// <summary>The list that a row belongs to.</summary>
    public static ItemList Of(CounterStream stream, long row, int categories)
    {
        var first = new ItemList(stream, row / ListsShape.PairRows * 2, categories);
        return row < first.FirstRow + first.Labels.Length ? first : new ItemList(stream, first.Number + 1, categories);
    }

    /// <summary>NDCG@k of the items by falling score; null without a click.</summary>
    public double? Ndcg(IReadOnlyList<double> scores, int k)
    {
        int clicks = Labels.Sum();
        if (clicks == 0)
            return null;
        double best = Enumerable.Range(1, Math.Min(k, clicks)).Sum(Discount);
        return Enumerable.Range(0, Labels.Length).OrderByDescending(i => scores[i]).Take(k).Select((i, place) => Labels[i] * Discount(place + 1)).Sum() / best;
    }

    // 1 / log₂(place + 1), by a logarithm that is the same on every machine.
    private static double Discount(int place) => PortableMath.Log(2) / PortableMath.Log(place + 1);
}

namespace GpuCtr.Datagen;

/// <summary>The part of the related history that a model can still see after averaging into a vector of 16 numbers.</summary>
/// s' = T̄ · ⟨code(target), mean_t code(history_t)⟩, clipped at 0; code(c) = ±1/4 sixteen times, drawn for each category
/// <remarks>
/// Random codes keep categories as far apart as 16 dimensions allow, and everything else of the truth is granted. A
/// trained model can do somewhat better by placing the commonest categories well, or worse by not finding the product.
/// </remarks>
public sealed class PoolingProxy
{
    private const int _dimensions = 16;

    private readonly AmazonCatalogue _catalogue;
    private readonly uint[] _codes;   // (categories) one sign a bit

    /// <summary>Draws the codes.</summary>
    public PoolingProxy(AmazonCatalogue catalogue, CounterStream stream)
    {
        _catalogue = catalogue;
        _codes = new uint[catalogue.Shape.Categories];
        for (int c = 0; c < _codes.Length; c++)
            _codes[c] = (uint)stream.Bits((ulong)c) & ((1 << _dimensions) - 1);
    }

    /// <summary>s' of a row; T̄ is half of the longest history.</summary>
    public double Related(AmazonRows rows, int row)
    {
        var history = rows.History(row);
        if (history.Length == 0)
            return 0;
        uint target = _codes[_catalogue.CategoryOf(rows.Items[row])];
        int agreement = 0;
        foreach (int item in history)
            agreement += _dimensions - (2 * System.Numerics.BitOperations.PopCount(target ^ _codes[_catalogue.CategoryOf(item)]));
        double mean = (double)agreement / _dimensions / history.Length;
        return Math.Max(0, mean * _catalogue.Shape.MaxHistory / 2);
    }
}

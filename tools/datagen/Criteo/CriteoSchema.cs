namespace GpuCtr.Datagen;

/// <summary>The columns of a Criteo-like table: <c>label</c>, numeric <c>I1 …</c>, categorical <c>C1 …</c>.</summary>
public sealed class CriteoSchema
{
    private const int _smallestCardinality = 3;

    private CriteoSchema(NumericField[] numeric, CategoricalField[] categorical)
    {
        (Numeric, Categorical) = (numeric, categorical);
    }

    /// <summary>I1 … in file order.</summary>
    public IReadOnlyList<NumericField> Numeric { get; }

    /// <summary>C1 … in file order.</summary>
    public IReadOnlyList<CategoricalField> Categorical { get; }

    /// <summary>Draws the columns of a seed.</summary>
    /// <remarks>
    /// Cardinalities are 3 · (max / 3)^(i / (n − 1)), i = 0 … n − 1, in shuffled order: as many fields of three to
    /// thirty ids as of a hundred thousand to a million. Types and nullable columns go by position, so that even a
    /// narrow table has each kind.
    /// </remarks>
    public static CriteoSchema Draw(CounterStream stream, int numericCount, int categoricalCount, int maxCardinality)
    {
        var draws = new DrawSequence(stream);
        var numeric = new NumericField[numericCount];
        for (int i = 0; i < numericCount; i++)
        {
            // Columns differ in scale by up to 100, and the grid goes with the scale: two digits after the point of the
            // smallest, none after that of the largest. Some hundred different values compress well and are smooth enough.
            double scale = draws.Below(3) switch { 0 => 1, 1 => 10, _ => 100 };
            double nullRate = i % 6 == 1 ? draws.Uniform(0.01, 0.05) : 0;
            numeric[i] = new NumericField(
                $"I{i + 1}", scale * draws.Uniform(-1, 3), scale * draws.Uniform(0.5, 1.5),
                skew: draws.Uniform(0, 0.25), grid: 100 / scale, nullRate);
        }

        int[] cardinalities = new int[categoricalCount];
        for (int i = 0; i < categoricalCount; i++)
        {
            double share = categoricalCount == 1 ? 1 : i / (categoricalCount - 1.0);
            double ratio = (double)maxCardinality / _smallestCardinality;
            cardinalities[i] = (int)Math.Round(_smallestCardinality * PortableMath.Pow(ratio, share));
        }
        draws.Shuffle(cardinalities.AsSpan());

        var categorical = new CategoricalField[categoricalCount];
        for (int i = 0; i < categoricalCount; i++)
        {
            var storage = (i % 5) switch { 1 => CategoryStorage.Int32, 3 => CategoryStorage.HexToken, _ => CategoryStorage.Int64 };
            double nullRate = i % 8 == 3 ? draws.Uniform(0.01, 0.05) : 0;
            categorical[i] = new CategoricalField($"C{i + 1}", cardinalities[i], storage, nullRate, draws);
        }
        return new CriteoSchema(numeric, categorical);
    }
}

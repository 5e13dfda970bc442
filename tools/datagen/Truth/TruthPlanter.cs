namespace GpuCtr.Datagen;

/// <summary>Chooses which columns matter and how: the terms of the three parts, before calibration.</summary>
/// <remarks>
/// Everything planted has to be learnable from a million rows, so interactions live on the few fields of smallest
/// cardinality, where each pair of ids is seen often, and on bounded numeric values.
/// </remarks>
public sealed class TruthPlanter
{
    private readonly CriteoSchema _schema;
    private readonly DrawSequence _draws;
    private readonly int[] _small;     // categorical fields, smallest cardinality first
    private readonly int[] _numbers;   // numeric fields in drawn order

    private TruthPlanter(CriteoSchema schema, DrawSequence draws)
    {
        (_schema, _draws) = (schema, draws);
        _small = [.. Enumerable.Range(0, schema.Categorical.Count).OrderBy(f => schema.Categorical[f].Cardinality).Take(7)];
        _numbers = [.. Enumerable.Range(0, schema.Numeric.Count)];
        draws.Shuffle(_numbers.AsSpan());
    }

    /// <summary>First-order, pairwise and higher-order parts, in this order.</summary>
    public static PlantedPart[] Plant(CriteoSchema schema, CounterStream stream)
    {
        var planter = new TruthPlanter(schema, new DrawSequence(stream));
        return [planter.FirstOrder(), planter.Pairwise(), planter.HigherOrder()];
    }

    private PlantedPart FirstOrder()
    {
        var terms = new List<PlantedTerm>();
        for (int f = 0; f < _schema.Categorical.Count; f++)
            terms.Add(new PlantedTerm(_draws.Uniform(0.5, 1.5), CategoryFactor.Weights(_schema, f, _draws)));
        for (int n = 0; n < _schema.Numeric.Count; n++)
            terms.Add(new PlantedTerm(Sign() * _draws.Uniform(0.3, 1), NumericFactor.Linear(_schema, n, _draws)));
        return new PlantedPart("first-order", terms);
    }

    // ids × ids: ⟨u(a), v(b)⟩ with two latent coordinates; ids × value; value × value.
    private PlantedPart Pairwise()
    {
        // The first latent coordinate weighs most, as in a factorization that was learnt.
        double[] coordinates = [Math.Sqrt(0.9), Math.Sqrt(0.1)];
        var terms = new List<PlantedTerm>();
        foreach (var (a, b) in new[] { (0, 2), (0, 1) }.Where(pair => pair.Item2 < _small.Length))
        {
            double size = Size();
            for (int k = 0; k < coordinates.Length; k++)
                terms.Add(new PlantedTerm(size * coordinates[k], Latent(_small[a], k), Latent(_small[b], k)));
        }
        for (int i = 0; i < Math.Min(2, Math.Min(_small.Length, _numbers.Length)); i++)
            terms.Add(new PlantedTerm(Size(), Latent(_small[i], 0), Bounded(i)));
        foreach (var (a, b) in new[] { (0, 1) }.Where(pair => pair.Item2 < _numbers.Length))
            terms.Add(new PlantedTerm(Sign() * Size(), Bounded(a), Bounded(b)));
        return new PlantedPart("pairwise", terms);
    }

    // Curves of single values, and products of three.
    private PlantedPart HigherOrder()
    {
        var terms = new List<PlantedTerm>();
        for (int n = 0; n < Math.Min(1, _numbers.Length); n++)
            terms.Add(new PlantedTerm(Sign() * Size(), NumericFactor.Curve(_schema, _numbers[^(n + 1)])));
        var pool = _small.Take(2).Select(f => Latent(f, 0)).Concat(_numbers.Take(1).Select((_, i) => Bounded(i)))
            .Concat(_small.Skip(2).Take(1).Select(f => Latent(f, 0))).Concat(_numbers.Skip(1).Take(2).Select((_, i) => Bounded(i + 1)));
        terms.Add(new PlantedTerm(Size(), [.. pool.Take(3)]));
        return new PlantedPart("higher-order", terms);
    }

    private Factor Latent(int field, int coordinate) => CategoryFactor.Latent(_schema, field, coordinate, _draws);

    private Factor Bounded(int place) => NumericFactor.Bounded(_schema, _numbers[place]);

    private double Size() => _draws.Uniform(0.7, 1.3);

    private double Sign() => _draws.Below(2) == 0 ? -1 : 1;
}

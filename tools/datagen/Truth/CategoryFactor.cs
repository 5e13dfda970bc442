namespace GpuCtr.Datagen;

/// <summary>An effect for each of the commonest ids and for null; all rarer ids share one.</summary>
/// <remarks>
/// A value that occurs twice cannot be learned, so the tail has no separate effects: the drawn effect of rank
/// r is damped by d(r) = 1 / (1 + ((r − 1) / 10)²), half at rank 11, a hundredth at rank 100, zero beyond 256.
/// </remarks>
public sealed class CategoryFactor : Factor
{
    private const int _head = 256;

    private readonly int _field;
    private readonly double[] _effects;   // (head + 2): null, ranks 1 … head, all the rest

    private CategoryFactor(int field, string column, double[] effects) => (_field, Column, _effects) = (field, column, effects);

    /// <inheritdoc/>
    public override string Column { get; }

    /// <summary>Normal effects: those of a first-order weight.</summary>
    public static CategoryFactor Weights(CriteoSchema schema, int field, DrawSequence draws) =>
        Draw(schema, field, _ => draws.Normal(), toUnitVariance: false);

    /// <summary>Effects of alternating sign, 0.6 to 1.4 in size, of variance 1 over the rows: those of a latent coordinate.</summary>
    /// <remarks>
    /// Coordinate k flips its sign every 2ᵏ ranks, which keeps the coordinates of a field apart and lets the first ids,
    /// not an unlucky rare one, carry the variance.
    /// </remarks>
    public static CategoryFactor Latent(CriteoSchema schema, int field, int coordinate, DrawSequence draws)
    {
        int shift = draws.Below(2 << coordinate);
        return Draw(
            schema, field,
            rank => (((rank + shift) >> coordinate) & 1) == 0 ? draws.Uniform(0.6, 1.4) : draws.Uniform(-1.4, -0.6),
            toUnitVariance: true);
    }

    /// <inheritdoc/>
    public override void MultiplyInto(CriteoRows rows, Span<double> products)
    {
        int[] ranks = rows.Ranks[_field];
        int rest = _effects.Length - 1;
        for (int i = 0; i < products.Length; i++)
            products[i] *= _effects[Math.Min(ranks[i], rest)];
    }

    private static CategoryFactor Draw(CriteoSchema schema, int field, Func<int, double> effectOf, bool toUnitVariance)
    {
        var source = schema.Categorical[field];
        int head = Math.Min(source.Cardinality, _head);
        double[] effects = new double[head + 2];
        double[] probability = new double[head + 2];
        double known = 0;
        for (int rank = 0; rank <= head; rank++)
        {
            double steps = (rank - 1) / 10.0;
            double damping = rank == 0 ? 1 : 1 / (1 + (steps * steps));
            effects[rank] = damping * effectOf(rank);
            probability[rank] = source.Probability(rank);
            known += probability[rank];
        }
        probability[head + 1] = Math.Max(0, 1 - known);

        double mean = 0, square = 0;
        for (int i = 0; i < effects.Length; i++)
            mean += probability[i] * effects[i];
        for (int i = 0; i < effects.Length; i++)
        {
            effects[i] -= mean;
            square += probability[i] * effects[i] * effects[i];
        }
        double scale = toUnitVariance ? 1 / Math.Sqrt(square) : 1;
        for (int i = 0; i < effects.Length; i++)
            effects[i] *= scale;
        return new CategoryFactor(field, source.Name, effects);
    }
}

namespace GpuCtr.Datagen;

/// <summary>Sizes of a Criteo-like table.</summary>
public sealed record CriteoShape : TableShape
{
    /// <summary>Numeric columns.</summary>
    public int Numeric { get; init; } = 13;

    /// <summary>Categorical columns.</summary>
    public int Categorical { get; init; } = 26;

    /// <summary>Ids of the largest categorical column.</summary>
    public int MaxCardinality { get; init; } = 1_000_000;

    /// <inheritdoc/>
    public override string Name => "criteo";

    /// <inheritdoc/>
    public override string Arguments => $"--numeric {Numeric} --categorical {Categorical} --max-cardinality {MaxCardinality}";

    /// <inheritdoc/>
    public override void Check()
    {
        if (Numeric + Categorical < 3)
            throw new UsageException($"--numeric {Numeric} and --categorical {Categorical} make fewer than 3 columns: a three-way effect needs three");
    }

    /// <inheritdoc/>
    public override ISyntheticTable Draw(CounterStream stream) => new CriteoTable(stream, Numeric, Categorical, MaxCardinality);
}

namespace GpuCtr.Datagen;

/// <summary>Sizes of an Amazon-like table.</summary>
public sealed record AmazonShape : TableShape
{
    /// <summary>Number of users.</summary>
    public int Users { get; init; } = 2_000;

    /// <summary>Number of items, spread evenly over the categories.</summary>
    public int Items { get; init; } = 2_000;

    /// <summary>Number of categories.</summary>
    public int Categories { get; init; } = 200;

    /// <summary>Most items of a history.</summary>
    public int MaxHistory { get; init; } = 50;

    /// <summary>One interest that drifts, in place of several side by side.</summary>
    public bool Drift { get; init; }

    /// <inheritdoc/>
    public override string Name => "amazon";

    /// <inheritdoc/>
    public override string Arguments => $"--users {Users} --items {Items} --categories {Categories} --max-history {MaxHistory}{(Drift ? " --drift" : "")}";

    /// <inheritdoc/>
    public override void Check()
    {
        if (Categories < 2)
            throw new UsageException($"--categories {Categories} leaves no unrelated history: there must be 2 or more");
        if (Items < Categories)
            throw new UsageException($"--items {Items} is less than --categories {Categories}: every category needs an item");
    }

    /// <inheritdoc/>
    public override ISyntheticTable Draw(CounterStream stream) => new AmazonTable(stream, this);
}

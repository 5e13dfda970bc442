namespace GpuCtr.Datagen;

/// <summary>Sizes of a table of lists: the value of an item depends on the others of its list.</summary>
public sealed record ListsShape : TableShape
{
    /// <summary>Rows of two lists together; one has 5 to 15 of them and the other the rest, so that the list of a row follows from its number.</summary>
    public const int PairRows = 20;

    /// <summary>Number of categories.</summary>
    public int Categories { get; init; } = 4;

    /// <inheritdoc/>
    public override string Name => "lists";

    /// <inheritdoc/>
    public override string Arguments => $"--list-categories {Categories}";

    /// <inheritdoc/>
    public override int UnitRows => PairRows;

    /// <inheritdoc/>
    public override void Check()
    {
    }

    /// <inheritdoc/>
    public override ISyntheticTable Draw(CounterStream stream) => new ListsTable(this);
}

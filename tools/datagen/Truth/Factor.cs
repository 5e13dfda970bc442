namespace GpuCtr.Datagen;

/// <summary>A number that one column contributes to a planted term, centred so that its mean over the rows is zero.</summary>
/// <remarks>
/// Fields are drawn independently, so a product of centred factors is uncorrelated with every function of fewer of its
/// fields: an interaction leaves nothing for a first-order model to find.
/// </remarks>
public abstract class Factor
{
    /// <summary>Name of the column that it reads.</summary>
    public abstract string Column { get; }

    /// <summary>Multiplies each row's product by this factor. products (rows)</summary>
    public abstract void MultiplyInto(CriteoRows rows, Span<double> products);
}

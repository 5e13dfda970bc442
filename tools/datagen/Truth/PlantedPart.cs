namespace GpuCtr.Datagen;

/// <summary>Terms of one order, scaled together: part(row) = scale · Σ terms.</summary>
public sealed class PlantedPart(string name, IReadOnlyList<PlantedTerm> terms)
{
    /// <summary>The order of the terms in words.</summary>
    public string Name => name;

    /// <summary>The columns that each term multiplies.</summary>
    public IEnumerable<string> Terms => terms.Select(term => term.Columns).Distinct();

    /// <summary>Set by calibration.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>The part of each row. parts, products (rows)</summary>
    public void Evaluate(CriteoRows rows, Span<double> parts, Span<double> products)
    {
        parts.Clear();
        foreach (var term in terms)
            term.AddTo(rows, parts, products);
        for (int i = 0; i < parts.Length; i++)
            parts[i] *= Scale;
    }
}

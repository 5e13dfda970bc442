namespace GpuCtr.Datagen;

/// <summary>One term of the planted logit: coefficient · Π factors.</summary>
public sealed class PlantedTerm(double coefficient, params Factor[] factors)
{
    /// <summary>The columns of the term, such as <c>C3 × I2</c>.</summary>
    public string Columns => string.Join(" × ", factors.Select(factor => factor.Column));

    /// <summary>Adds the term to each row's sum. products is scratch. sums, products (rows)</summary>
    public void AddTo(CriteoRows rows, Span<double> sums, Span<double> products)
    {
        products.Fill(coefficient);
        foreach (var factor in factors)
            factor.MultiplyInto(rows, products);
        for (int i = 0; i < sums.Length; i++)
            sums[i] += products[i];
    }
}

namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class CriteoSchemaTests
{
    [Fact]
    public void Cardinalities_of_26_columns_are_spread_log_uniformly()
    {
        var schema = CriteoSchema.Draw(CounterStream.FromSeed(1), 13, 26, 1_000_000);
        int[] sorted = [.. schema.Categorical.Select(field => field.Cardinality).Order()];
        Assert.Equal(3, sorted[0]);
        Assert.Equal(1_000_000, sorted[^1]);
        for (int i = 1; i < sorted.Length; i++)
            Assert.InRange((double)sorted[i] / sorted[i - 1], 1.5, 1.9);
    }

    [Fact]
    public void Columns_of_the_default_table_have_every_storage_and_a_few_nulls()
    {
        var schema = CriteoSchema.Draw(CounterStream.FromSeed(1), 13, 26, 1_000_000);
        Assert.Equal(3, schema.Categorical.Select(field => field.Storage).Distinct().Count());
        double[] rates = [.. schema.Categorical.Select(field => field.NullRate).Concat(schema.Numeric.Select(field => field.NullRate)).Where(rate => rate > 0)];
        Assert.Equal(5, rates.Length);
        Assert.All(rates, rate => Assert.InRange(rate, 0.01, 0.05));
    }

    [Fact]
    public void Rows_have_the_nulls_means_and_deviations_of_their_columns()
    {
        const int rows = 100_000;
        var schema = CriteoSchema.Draw(CounterStream.FromSeed(2), 8, 12, 10_000);
        var drawn = new CriteoRows(schema, rows);
        drawn.Fill(CounterStream.FromSeed(3), 0, rows);

        for (int n = 0; n < schema.Numeric.Count; n++)
        {
            var field = schema.Numeric[n];
            double[] standardized = [.. drawn.Values[n].Where(value => !float.IsNaN(value)).Select(field.Standardized)];
            Assert.Equal(field.NullRate, 1 - ((double)standardized.Length / rows), 0.005);
            Assert.Equal(0, standardized.Average(), 0.02);
            Assert.Equal(1, standardized.Average(x => x * x), 0.05);
        }
        for (int f = 0; f < schema.Categorical.Count; f++)
        {
            var field = schema.Categorical[f];
            Assert.Equal(field.NullRate, drawn.Ranks[f].Count(rank => rank == 0) / (double)rows, 0.005);
            Assert.InRange(drawn.Ranks[f].Max(), 1, field.Cardinality);
            Assert.Equal(field.Probability(1), drawn.Ranks[f].Count(rank => rank == 1) / (double)rows, 0.008);
        }
    }
}

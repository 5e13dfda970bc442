namespace GpuCtr.Datagen.Tests;

public class PlantedTruthTests
{
    public static TheoryData<ulong, int, int, int> Tables => new()
    {
        { 1, 13, 26, 100_000 },
        { 2, 13, 26, 100_000 },
        { 3, 13, 26, 1_000 },
        { 4, 5, 9, 2_000 },
        { 5, 5, 9, 2_000 },
        { 6, 0, 4, 100 },
        { 7, 3, 0, 3 },
        { 8, 1, 2, 10 },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Auc_of_any_table_leaves_first_order_behind(ulong seed, int numeric, int categorical, int maxCardinality)
    {
        var figures = Drawn.Rows(seed, numeric, categorical, maxCardinality, 60_000).Figures;
        Assert.InRange(figures.BestAuc, 0.75, 0.85);
        Assert.InRange(figures.BaselineAuc, 0.60, figures.BestAuc - 0.02);
        Assert.InRange(figures.LabelRate, 0.23, 0.27);
    }

    [Fact]
    public void Labels_come_up_as_often_as_their_probabilities_say()
    {
        var block = Drawn.Rows(9, 13, 26, 10_000, 65_536).Block;
        foreach (var (low, high) in new[] { (0.0, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 1.0) })
        {
            double expected = 0, variance = 0, clicks = 0;
            for (int i = 0; i < block.Labels.Length; i++)
            {
                double p = block.Probabilities[i];
                if (p < low || p >= high)
                    continue;
                expected += p;
                variance += p * (1 - p);
                clicks += block.Labels[i];
            }
            Assert.InRange(clicks, expected - (4 * Math.Sqrt(variance)), expected + (4 * Math.Sqrt(variance)));
        }
    }

    [Fact]
    public void Interactions_leave_nothing_to_a_first_order_model()
    {
        // Were an interaction to leak into single columns, its mean over the rows of one id would not be zero.
        var (block, rows, _) = Drawn.Rows(10, 5, 9, 2_000, 200_000);
        for (int f = 0; f < rows.Ranks.Length; f++)
        {
            double[] sum = new double[4], square = new double[4], count = new double[4];
            for (int i = 0; i < rows.Count; i++)
            {
                int rank = rows.Ranks[f][i];
                if (rank is 0 or > 3)
                    continue;
                double rest = Logit(block.Probabilities[i]) - Logit(block.Baseline[i]);
                sum[rank] += rest;
                square[rank] += rest * rest;
                count[rank]++;
            }
            for (int rank = 1; rank <= 3; rank++)
                Assert.InRange(sum[rank] / Math.Sqrt(square[rank]), -5, 5);
        }
    }

    [Fact]
    public void Latent_of_a_field_has_mean_zero_and_variance_one_over_its_rows()
    {
        var schema = CriteoSchema.Draw(CounterStream.FromSeed(12), 2, 6, 5_000);
        var rows = new CriteoRows(schema, 200_000);
        rows.Fill(CounterStream.FromSeed(13), 0, rows.Capacity);
        for (int f = 0; f < 6; f++)
        {
            double[] effects = new double[rows.Count];
            Array.Fill(effects, 1);
            CategoryFactor.Latent(schema, f, f % 2, new DrawSequence(CounterStream.FromSeed(14))).MultiplyInto(rows, effects);
            Assert.Equal(0, effects.Average(), 0.02);
            Assert.Equal(1, effects.Average(effect => effect * effect), 0.02);
        }
    }

    private static double Logit(double p) => Math.Log(p / (1 - p));
}

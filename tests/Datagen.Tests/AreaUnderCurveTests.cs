namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class AreaUnderCurveTests
{
    private static readonly double[] _scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.8];
    private static readonly byte[] _labels = [0, 0, 1, 1, 1, 0];

    [Fact]
    public void BySorting_with_ties_equals_the_count_over_all_pairs()
    {
        double wins = 0;
        int pairs = 0;
        for (int i = 0; i < _scores.Length; i++)
        {
            for (int j = 0; j < _scores.Length; j++)
            {
                if (_labels[i] == 1 && _labels[j] == 0)
                {
                    wins += _scores[i] > _scores[j] ? 1 : _scores[i] == _scores[j] ? 0.5 : 0;
                    pairs++;
                }
            }
        }
        Assert.Equal(wins / pairs, AreaUnderCurve.BySorting([.. _scores], [.. _labels]), 1e-12);
    }

    [Fact]
    public void BinnedTally_of_many_rows_agrees_with_the_exact_one()
    {
        const int rows = 100_000;
        var stream = CounterStream.FromSeed(11);
        double[] scores = [.. Enumerable.Range(0, rows).Select(i => stream.Uniform((ulong)i))];
        int[] labels = [.. scores.Select((score, i) => stream.Child(1).Uniform((ulong)i) < score ? 1 : 0)];
        var sorted = new SortedTally(rows);
        var binned = new BinnedTally();
        // Two halves, the second one first: order of arrival must not matter.
        foreach (int first in new[] { rows / 2, 0 })
        {
            sorted.Add(first, scores.AsSpan(first, rows / 2), labels.AsSpan(first, rows / 2));
            binned.Add(first, scores.AsSpan(first, rows / 2), labels.AsSpan(first, rows / 2));
        }
        Assert.Equal(sorted.Auc(), binned.Auc(), 1e-5);
    }

    [Fact]
    public void BySorting_with_one_label_only_is_not_a_number() => Assert.True(double.IsNaN(AreaUnderCurve.BySorting([1, 2], [1, 1])));
}

using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;

namespace GpuCtr.Training.Reports;

/// <summary>How the rows of a vocabulary's table are used.</summary>
/// <param name="Name">The vocabulary.</param>
/// <param name="Values">Values with their own row, or hash buckets.</param>
/// <param name="Occurrences">Values in the training rows.</param>
/// <param name="Once">Values that occurred once.</param>
/// <param name="TopTenth">Share of occurrences covered by the most frequent tenth of the values.</param>
/// <param name="NullShare">Share of nulls.</param>
/// <param name="OovShare">Share of OOV values in the evaluated rows; null if no field of that name was read.</param>
internal sealed record TableUsage(string Name, int Values, long Occurrences, int Once, double TopTenth, double NullShare, double? OovShare)
{
    /// <summary>Usage of every vocabulary.</summary>
    /// <param name="encoder">The vocabularies, with counts of the training rows.</param>
    /// <param name="evaluated">Statistics of the evaluated rows.</param>
    public static IReadOnlyList<TableUsage> Of(FeatureEncoder encoder, DatasetStatistics evaluated)
    {
        Dictionary<string, (long Oov, long Values)> oov = evaluated.OovValues().ToDictionary(u => u.Field, u => (u.Oov, u.Values));
        return [.. encoder.Vocabularies.Select(v => Of(v, oov.TryGetValue(v.Name, out var u) && u.Values > 0 ? (double)u.Oov / u.Values : null))];
    }

    private static TableUsage Of(VocabularyTable v, double? oovShare)
    {
        long[] counts = [.. v.Counts.Skip(VocabularyTable.FirstValueRow).SkipLast(1).OrderDescending()];
        long sum = counts.Sum(), all = sum + v.Counts[VocabularyTable.NullRow];
        return new TableUsage(
            v.Name, counts.Length, all, counts.Count(c => c == 1),
            sum == 0 ? 0 : (double)counts.Take((counts.Length + 9) / 10).Sum() / sum,
            all == 0 ? 0 : (double)v.Counts[VocabularyTable.NullRow] / all, oovShare);
    }
}

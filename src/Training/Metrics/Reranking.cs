namespace GpuCtr.Training.Metrics;

/// <summary>Metrics of lists in the order shown, and in the order of a model's scores.</summary>
/// <param name="Shown">Before re-ranking.</param>
/// <param name="Ranked">After it.</param>
public sealed record Reranking(ListMetrics Shown, ListMetrics Ranked)
{
    /// <summary>k of all metrics.</summary>
    public int K => Ranked.K;

    /// <summary>The metrics of some rows, of which those with one key are a list.</summary>
    /// <param name="scores">(rows) scores.</param>
    /// <param name="labels">(rows) 0 or 1.</param>
    /// <param name="lists">(rows) key of the list of each row; the rows of a list are in the order shown, and need not be contiguous.</param>
    /// <param name="k">k, at least 1.</param>
    public static Reranking Of(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<ulong> lists, int k)
    {
        ulong[] keys = lists.ToArray();
        int[] rows = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, rows);
        List<int> offsets = [0];
        for (int start = 0, end; start < keys.Length; start = end)
        {
            for (end = start + 1; end < keys.Length && keys[end] == keys[start];)
                end++;
            Array.Sort(rows, start, end - start);
            offsets.Add(end);
        }
        float[] score = new float[rows.Length], label = new float[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            (score[i], label[i]) = (scores[rows[i]], labels[rows[i]]);
        int[] ends = [.. offsets];
        return new(ListMetrics.Of(new float[rows.Length], label, ends, k), ListMetrics.Of(score, label, ends, k));
    }
}

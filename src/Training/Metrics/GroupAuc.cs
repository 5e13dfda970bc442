namespace GpuCtr.Training.Metrics;

/// <summary>
/// gAUC = Σ_g n_g AUC_g / Σ_g n_g over the groups with both labels, n_g = rows of group g (Zhou et al. 2018, eq. 6,
/// weighted by impressions). Of weighted rows, n_g is the sum of their weights.
/// </summary>
/// <param name="Value">The metric; null if no group has both labels.</param>
/// <param name="GroupsUsed">Groups with both labels.</param>
/// <param name="GroupsLeftOut">Groups with one label only.</param>
/// <param name="RowsUsed">Rows of the groups with both labels.</param>
public sealed record GroupAuc(double? Value, int GroupsUsed, int GroupsLeftOut, long RowsUsed)
{
    /// <summary>gAUC over all rows.</summary>
    /// <param name="scores">(rows) scores.</param>
    /// <param name="labels">(rows) 0 or 1.</param>
    /// <param name="groups">(rows) group keys.</param>
    /// <param name="weights">(rows) what a row counts; empty: 1.</param>
    public static GroupAuc Of(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<ulong> groups, ReadOnlySpan<float> weights = default)
    {
        if (scores.Length != labels.Length || scores.Length != groups.Length)
            throw new ArgumentException($"{scores.Length} scores, {labels.Length} labels, {groups.Length} groups");
        ulong[] keys = groups.ToArray();
        int[] rows = new int[keys.Length];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = i;
        Array.Sort(keys, rows);
        float[] score = new float[rows.Length], label = new float[rows.Length], weight = new float[weights.Length];
        for (int i = 0; i < rows.Length; i++)
            (score[i], label[i]) = (scores[rows[i]], labels[rows[i]]);
        for (int i = 0; i < weight.Length; i++)
            weight[i] = weights[rows[i]];

        bool shares = labels.ContainsAnyExcept(0f, 1f);
        double sum = 0, all = 0;
        long used = 0;
        int groupsUsed = 0, leftOut = 0;
        for (int start = 0; start < keys.Length;)
        {
            int end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            int count = end - start;
            Span<float> s = score.AsSpan(start, count), y = label.AsSpan(start, count), w = weight.Length == 0 ? [] : weight.AsSpan(start, count);
            double? auc = shares ? null : w.IsEmpty ? OfRows(s, y) : Auc.Of(s, y, w);
            double n = w.IsEmpty ? count : Total(w);
            sum += n * (auc ?? 0);
            all += auc is null ? 0 : n;
            used += auc is null ? 0 : count;
            groupsUsed += auc is null ? 0 : 1;
            leftOut += auc is null ? 1 : 0;
            start = end;
        }

        return new GroupAuc(groupsUsed == 0 ? null : sum / all, groupsUsed, leftOut, used);
    }

    private static double? OfRows(Span<float> scores, Span<float> labels)
    {
        scores.Sort(labels);
        return Auc.OfSorted(scores, labels);
    }

    private static double Total(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float w in weights)
            sum += w;
        return sum;
    }
}

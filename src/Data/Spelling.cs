namespace GpuCtr.Data;

/// <summary>Suggests the most similar name for a mistyped one.</summary>
internal static class Spelling
{
    private const int Tolerance = 3;

    /// <summary>", did you mean 'x'?" or nothing.</summary>
    public static string Suggest(string typed, IEnumerable<string> known)
    {
        string? best = known.MinBy(k => Distance(typed, k));
        return best is not null && Distance(typed, best) <= Math.Min(Tolerance, typed.Length / 2) ? $", did you mean '{best}'?" : "";
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}

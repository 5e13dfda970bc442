namespace GpuCtr.Datagen;

/// <summary>Definition and repetition levels of a list column whose lists are never null (Dremel, as Parquet has it).</summary>
/// <remarks>Definition 1 is an empty list, the deepest level a value, the one above it a missing value; repetition 1 continues the row's list.</remarks>
internal static class ListLevels
{
    private const int _emptyList = 1;

    /// <summary>Row i has the positions offsets[i] … offsets[i + 1] − 1; a position with a negative code has no value.</summary>
    /// <param name="offsets">(rows + 1)</param>
    /// <param name="codes">(positions), or empty if every position has a value.</param>
    /// <param name="deepest">Definition level of a value.</param>
    public static (int[] Definition, int[] Repetition) Of(ReadOnlySpan<int> offsets, ReadOnlySpan<int> codes, int deepest)
    {
        int empty = 0;
        for (int i = 1; i < offsets.Length; i++)
            empty += offsets[i] == offsets[i - 1] ? 1 : 0;
        int[] definition = new int[offsets[^1] + empty], repetition = new int[definition.Length];
        int level = 0;
        for (int i = 1; i < offsets.Length; i++)
        {
            int first = level;
            for (int p = offsets[i - 1]; p < offsets[i]; p++, level++)
            {
                definition[level] = p < codes.Length && codes[p] < 0 ? deepest - 1 : deepest;
                repetition[level] = level == first ? 0 : 1;
            }
            if (level == first)
                definition[level++] = _emptyList;
        }
        return (definition, repetition);
    }
}

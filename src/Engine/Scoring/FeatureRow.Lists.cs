using GpuCtr.Engine.Data;
using GpuCtr.Engine.Scoring;

namespace GpuCtr;

public sealed partial class FeatureRow
{
    /// Entries as SeparatedText reads them from shards, without a buffer: the string is walked twice, to count and to look up.
    private void SetSeparated(RowSlot slot, ReadOnlySpan<char> text, char separator)
    {
        int count = 0;
        ReadOnlySpan<char> rest = text.Trim();
        for (bool more = !rest.IsEmpty; more; count++)
            more = NextEntry(ref rest, separator, out _);
        int[] list = Begin(slot, count, out int first);
        rest = text.Trim();
        for (int i = 0; i < count; i++)
        {
            NextEntry(ref rest, separator, out ReadOnlySpan<char> entry);
            if (i >= first)
                list[i - first] = RowOf(slot, entry);
        }
    }

    private int RowOf(RowSlot slot, ReadOnlySpan<char> entry)
    {
        VocabularyTable vocabulary = Encoder.ListVocabulary(slot.Index);
        if (entry.IsEmpty)
            return VocabularyTable.NullRow;
        if (vocabulary.Kind == ValueKind.Text)
            return vocabulary.RowOf(entry);
        return WholeNumber.Parse(entry, vocabulary.Kind) is { } value ? vocabulary.RowOf(value) : throw RowEncoder.Mismatch(slot, $"the entry '{entry}'");
    }

    private static bool NextEntry(ref ReadOnlySpan<char> rest, char separator, out ReadOnlySpan<char> entry)
    {
        int end = rest.IndexOf(separator);
        entry = (end < 0 ? rest : rest[..end]).Trim();
        rest = end < 0 ? default : rest[(end + 1)..];
        if (separator == ' ')
            rest = rest.TrimStart();
        return end >= 0;
    }
}

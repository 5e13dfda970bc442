using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Scoring;

namespace GpuCtr;

public sealed partial class FeatureRow
{
    /// <summary>Parses entries as ListText does for shards, but without a buffer: the string is walked twice, to count entries and to look them up.</summary>
    private void SetText(RowSlot slot, ReadOnlySpan<char> text, ListGrammar grammar)
    {
        VocabularyTable vocabulary = Encoder.ListVocabulary(slot.Index);
        bool integers = WholeNumber.Is(vocabulary.Kind);
        int count = 0;
        ListEntries entries = new(text, grammar, integers);
        while (entries.Next())
            count++;
        if (entries.Fault is { } fault)
            throw RowEncoder.Mismatch(slot, ListText.Describe(fault, text), $", {grammar.Describe()}");
        int[] list = Begin(slot, count, out int first);
        entries = new(text, grammar, integers);
        for (int i = 0; entries.Next(); i++)
        {
            if (i >= first)
                list[i - first] = RowOf(slot, vocabulary, in entries);
        }
    }

    private static int RowOf(RowSlot slot, VocabularyTable vocabulary, in ListEntries entries)
    {
        if (entries.IsNull)
            return VocabularyTable.NullRow;
        if (vocabulary.Kind == ValueKind.Text)
            return vocabulary.RowOf(entries.Entry);
        return WholeNumber.Parse(entries.Entry, vocabulary.Kind) is { } value ? vocabulary.RowOf(value) : throw RowEncoder.Mismatch(slot, $"the entry '{entries.Entry}'");
    }
}

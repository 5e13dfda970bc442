using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Lists;

/// <summary>Lists stored as strings: the same vocabulary, ids and offsets as real lists.</summary>
[Trait("Speed", "Fast")]
public sealed class ListTextTests : FittedLists
{
    [Theory]
    [InlineData(',')]
    [InlineData('^')]
    [InlineData('|')]
    [InlineData(' ')]
    public void History_of_an_integer_column_equals_a_real_list(char separator)
    {
        TestShard shard = Items().Text("past", new[] { "12, 53 ,8", "", null, "  ", "-7", "8,999" }.Select(t => Separate(t, separator)).ToArray());
        FeatureOptions options = new() { History = ["past=item"] };
        FeatureEncoder text = Fit(shard, options, groupRows: 4), list = Fit(
            Items().Lists<long>("past", [12, 53, 8], [], null, [], [-7], [8, 999]), options, groupRows: 4, "list.parquet");
        Assert.Equal(list.Vocabularies[0].Integers, text.Vocabularies[0].Integers);
        Assert.Equal(list.Vocabularies[0].Counts, text.Vocabularies[0].Counts);
        Assert.Equal(list.Spec.Sequences, text.Spec.Sequences);
        EncodedBlock[] a = Encode(text, "s.parquet"), b = Encode(list, "list.parquet");
        Assert.Equal([0, 3, 3, 3, 3], a[0].Sequences[0].Offsets);
        for (int i = 0; i < a.Length; i++)
        {
            Assert.Equal(b[i].Sequences[0].TableRows, a[i].Sequences[0].TableRows);
            Assert.Equal(b[i].Sequences[0].Offsets, a[i].Sequences[0].Offsets);
        }
    }

    [Fact]
    public void History_of_a_string_column_is_saved_and_keeps_empty_entries_as_nulls()
    {
        TestShard shard = new TestShard().Column("label", 0, 1, 0).Text("genre", "new age", "rock", "jazz")
            .Text("hist_genre", "rock|new age||jazz", "polka|", "rock");
        FeatureOptions options = new() { History = ["hist_genre"] };
        FeaturePlan plan = FeaturePlan.Infer(ShardSet.Resolve([shard.Write(Folder.File("s.parquet"))]), options);
        Assert.Equal("history of genre, separated by '|'", plan.Columns[^1].Note);
        Fit(shard, options).Save(Folder.File("saved"));
        FeatureEncoder encoder = FeatureEncoder.Load(Folder.File("saved"));
        VocabularyTable genres = encoder.Vocabularies[0];
        Assert.Equal(["rock", "jazz", "new age", "polka"], genres.Texts);
        EncodedSequence history = Encode(encoder, "s.parquet")[0].Sequences[0];
        Assert.Equal(["rock", "new age", "(null)", "jazz", "polka", "(null)", "rock"], history.TableRows.Select(genres.Describe));
        Assert.Equal([0, 4, 6, 7], history.Offsets);
    }

    [Fact]
    public void Lists_of_strings_in_brackets_have_the_ids_of_real_lists()
    {
        TestShard Genres() => new TestShard().Column("label", 0, 1, 0, 1).Text("genre", "new age", "rock", "it's", "é");
        string?[] text = ["['rock', 'new age', None]", "[\"it's\"]", "[]", "['\\xe9', 'rock']"];
        string?[]?[] lists = [["rock", "new age", null], ["it's"], [], ["é", "rock"]];
        foreach (FeatureOptions options in (FeatureOptions[])[new() { History = ["past=genre"] }, new() { MultiValue = ["past"] }])
        {
            FeatureEncoder ofText = Fit(Genres().Text("past", text), options), ofLists = Fit(Genres().TextLists("past", lists), options, name: "list.parquet");
            EncodedSequence a = Encode(ofText, "s.parquet")[0].Sequences[0], b = Encode(ofLists, "list.parquet")[0].Sequences[0];
            Assert.Equal(b.Offsets, a.Offsets);
            Assert.Equal(b.TableRows, a.TableRows);
            Assert.Equal(ofLists.Vocabularies[^1].Texts, ofText.Vocabularies[^1].Texts);
        }
    }

    [Fact]
    public void The_most_recent_entries_are_kept_and_tags_can_be_pooled()
    {
        TestShard shard = Items().Text("hist_item", "1,2,3,4", "5,6,7", "8", "9", "10", "11").Text("tags", "a b", "b  c", "", null, " a ", "c");
        FeatureEncoder encoder = Fit(shard, new FeatureOptions { History = ["hist_item"], MultiValue = ["tags"], MaxHistory = 2 });
        EncodedBlock block = Encode(encoder, "s.parquet")[0];
        Assert.Equal([3L, 4, 6, 7], block.Sequences[0].TableRows[..4].Select(v => encoder.Vocabularies[0].Integers[v - 2]));
        Assert.Equal(2, block.Sequences[0].CutRows);
        Assert.Equal([0, -1], encoder.Spec.Sequences.Select(s => s.Target));
        Assert.Equal(["a", "b", "b", "c", "a", "c"], block.Sequences[1].TableRows.Select(r => encoder.Vocabularies[1].Describe(r - encoder.Spec.Offsets()[1])));
        Assert.Equal([0, 2, 4, 4, 4, 5, 6], block.Sequences[1].Offsets);
    }

    [Fact]
    public void An_entry_that_is_no_integer_names_its_place()
    {
        TestShard shard = Items().Text("hist_item", "1,2", "3", "4", "5", "6,x7", "8");
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(shard, new FeatureOptions { History = ["hist_item"] }, groupRows: 2));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("s.parquet: row group 2, row 4, column 'hist_item': 'x7' is not an integer", failure.Message);
        Assert.Contains("--list-separator", failure.Message);
        Assert.Contains("row 4", Assert.Throws<GpuCtrException>(() => Fit(shard, new FeatureOptions { History = ["hist_item"] }, groupRows: 2)).Message);

        // In shards that were not fitted on, too.
        FeatureEncoder encoder = Fit(Items().Text("hist_item", "1", "2", "3", "4", "5", "6"), new FeatureOptions { History = ["hist_item"] }, name: "good.parquet");
        Assert.Contains("'x7'", Assert.Throws<GpuCtrException>(() => Encode(encoder, "s.parquet")).Message);
    }

    [Fact]
    public void Unsigned_ids_are_read_as_what_they_are()
    {
        FeatureEncoder encoder = Fit(
            new TestShard().Column("label", 0, 1).Column("item", ulong.MaxValue, 3UL).Text("hist_item", $"3,{ulong.MaxValue}", "3"), new FeatureOptions { History = ["hist_item"] });
        Assert.Equal(["3", $"{ulong.MaxValue}"], Enumerable.Range(VocabularyTable.FirstValueRow, 2).Select(encoder.Vocabularies[0].Describe));
    }

    private static string? Separate(string? text, char separator) => separator == ' ' ? text?.Replace(',', ' ') : text?.Replace(',', separator);
}

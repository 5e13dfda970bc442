using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Lists;

/// <summary>Lists stored as strings: the same vocabulary, ids and offsets as real lists.</summary>
[Trait("Speed", "Fast")]
public sealed class ListTextTests : OwnFolder
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

    /// <summary>How common tools write the histories [12, 53, 8], [], null, [-7], [8, 999] and [4].</summary>
    public static TheoryData<string, string, string?[]> Written => new()
    {
        { "Python", "in brackets, separated by ','", ["[12, 53, 8]", "[]", null, "[-7]", "[8, 999]", "[4]"] },
        { "JSON", "in brackets, separated by ','", ["[12,53,8]", "[]", "null", "[-7]", "[8,999]", "[4]"] },
        { "Python's strings", "in brackets, separated by ','", ["['12', '53', '8']", "[]", "None", "['-7']", "['8', '999']", "['4']"] },
        { "JSON's strings", "in brackets, separated by ','", ["[\"12\",\"5\\u0033\",\"8\"]", "[]", "", "[\"-7\"]", "[\"8\",\"999\"]", "[\"4\"]"] },
        { "tuples", "in brackets, separated by ','", ["(12, 53, 8)", "()", "nan", "(-7,)", "(8, 999)", "(4,)"] },
        { "PostgreSQL", "in brackets, separated by ','", ["{12,53,8}", "{}", null, "{-7}", "{8,999}", "{4}"] },
        { "numpy", "in brackets, separated by spaces", ["[12 53  8]", "[]", "nan", "[-7]", "[  8 999]", "[4]"] },
        { "floats", "in brackets, separated by ','", ["[12.0, 53.0, 8.0]", "[]", "nan", "[-7.0]", "[8.0, 999.0]", "[4.0]"] },
        { "quotes", "in quotes, separated by ';'", ["'12';'53';'8'", "", null, "'-7'", "'8';'999'", "'4'"] },
        { "bare", "separated by ','", ["12,53,8", "", "null", "-7", "8,999", "4"] },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Lists_are_read_as_tools_write_them(string tool, string grammar, string?[] lists)
    {
        FeatureOptions options = new() { History = ["past=item"] };
        ShardSet shards = ShardSet.Resolve([Items().Text("past", lists).Write(Folder.File("s.parquet"))]);
        Assert.Equal($"history of item, {grammar}", FeaturePlan.Infer(shards, options).Columns[^1].Note);
        FeatureEncoder list = Fit(Items().Lists<long>("past", [12, 53, 8], [], null, [-7], [8, 999], [4]), options, name: "list.parquet");
        Fit(Items().Text("past", lists), options).Save(Folder.File($"saved {tool}"));
        FeatureEncoder text = FeatureEncoder.Load(Folder.File($"saved {tool}"));
        Assert.Equal(list.Vocabularies[0].Integers, text.Vocabularies[0].Integers);
        Assert.Equal(list.Vocabularies[0].Counts, text.Vocabularies[0].Counts);
        EncodedSequence a = Encode(text, "s.parquet")[0].Sequences[0], b = Encode(list, "list.parquet")[0].Sequences[0];
        Assert.Equal(b.Offsets, a.Offsets);
        Assert.Equal(b.TableRows, a.TableRows);
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
    public void A_string_that_breaks_the_grammar_is_a_bad_row()
    {
        TestShard shard = Items().Text("hist_item", "[1, 2]", "[3]", "[4", "[5]", "6", "[8]");
        FeatureOptions options = new() { History = ["hist_item"] };
        string message = Assert.Throws<GpuCtrException>(() => Fit(shard, options, groupRows: 2)).Message;
        Assert.Contains("s.parquet: row group 1, row 2, column 'hist_item': no list in brackets: '[4'; its lists are in brackets, separated by ','", message);
        Assert.Contains("--bad-rows", message);

        FeatureEncoder encoder = Fit(shard, options with { BadRows = BadRowBudget.Parse("2") });
        using Dataset data = new(ShardSet.Resolve([Folder.File("s.parquet")]), encoder, new DatasetOptions { BadRows = BadRowBudget.Parse("2") });
        Assert.Equal([0, 2, 3, 3, 4, 4, 5], data.Load([0], default)[0].Sequences[0].Offsets[..7]);
        Assert.Equal(2, data.Statistics.BadRowsByReason["no list in hist_item"]);
        Assert.Contains("row 2", Assert.Throws<GpuCtrException>(() => Encode(encoder, "s.parquet")).Message);
    }

    [Fact]
    public void A_model_that_knows_no_grammar_reads_strings_as_before()
    {
        TestShard shard = Items().Text("tags", "a,b", "['c'", "d]", "[1,2]", "", "");
        Fit(shard, new FeatureOptions { MultiValue = ["tags"], BadRows = BadRowBudget.Parse("1") }).Save(Folder.File("old"));
        string state = Path.Combine(Folder.File("old"), FeatureEncoder.StateFile), text = File.ReadAllText(state);
        string older = System.Text.RegularExpressions.Regex.Replace(text, @",\s*""form"": ""bare""", "");
        Assert.NotEqual(text, older);
        File.WriteAllText(state, older);
        FeatureEncoder encoder = FeatureEncoder.Load(Folder.File("old"));
        EncodedSequence tags = Encode(encoder, "s.parquet")[0].Sequences[0];
        Assert.Equal(["a", "b", "['c'", "d]", "(unseen)", "(unseen)"], tags.TableRows.Select(r => encoder.Vocabularies[1].Describe(r - encoder.Spec.Offsets()[1])));
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

    [Fact]
    public void Separators_are_found_or_given()
    {
        char? Found(FeatureOptions options, params string?[] values)
        {
            ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", [.. values.Select((_, i) => i % 2)]).Text("tags", values).Write(Folder.File("f.parquet"), 2)]);
            return FeaturePlan.Infer(shards, options with { MultiValue = ["tags"] }).Columns[^1].Grammar?.Separator;
        }

        FeatureOptions free = new();
        Assert.Equal('|', Found(free, "new york|paris, france", "oslo|rome"));
        Assert.Equal(' ', Found(free, "1 2", "3"));
        Assert.Equal('^', Found(free, "1", null, "", "2", "3^4"));
        Assert.Equal(',', Found(free, "1", "2"));
        Assert.Equal(';', Found(free, "1;2", "3;4,5;6"));
        Assert.Equal(' ', Found(free, "['new york, ny' 'x']", "['y']"));
        Assert.Equal('|', Found(free, "[a, b|c]", "[d|e]"));
        Assert.Equal('/', Found(free with { ListSeparator = '/' }, "1,2", "3/4"));
        Assert.Equal([',', ' ', '\t', '#'], new[] { ",", "space", "tab", "#" }.Select(ListGrammar.ParseSeparator));
        Assert.All(["", "1", "x", "-", ",,", "[", "'"], text => Assert.Throws<FormatException>(() => ListGrammar.ParseSeparator(text)));
    }

    [Fact]
    public void Columns_that_cannot_be_lists_are_refused()
    {
        void Fails(FeatureOptions options, string part)
        {
            ShardSet shards = ShardSet.Resolve([Items().Column("price", 1f, 2, 3, 4, 5, 6).Text("past", "1,2", "", "", "", "", "").Write(Folder.File("r.parquet"))]);
            GpuCtrException failure = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(shards, options));
            Assert.Equal(ErrorKind.Usage, failure.Kind);
            Assert.Contains(part, failure.Message);
        }

        Fails(new() { MultiValue = ["price"] }, "--multi-value price: type float is not a list");
        Fails(new() { MultiValue = ["past"], History = ["past=item"] }, "name it once");
        Fails(new() { History = ["past"] }, "--history past=<column>");
    }

    private static TestShard Items() => new TestShard().Column("label", 0, 1, 0, 1, 0, 1).Column("item", 12L, 8L, 8L, 53L, 4L, -7L);

    private static string? Separate(string? text, char separator) => separator == ' ' ? text?.Replace(',', ' ') : text?.Replace(',', separator);

    private EncodedBlock[] Encode(FeatureEncoder encoder, string name)
    {
        Dataset data = new(ShardSet.Resolve([Folder.File(name)]), encoder);
        return data.Load([.. Enumerable.Range(0, data.Blocks.Count)], default);
    }

    private FeatureEncoder Fit(TestShard shard, FeatureOptions options, int groupRows = int.MaxValue, string name = "s.parquet")
    {
        ShardSet shards = ShardSet.Resolve([shard.Write(Folder.File(name), groupRows)]);
        return FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options));
    }
}

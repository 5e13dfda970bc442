using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Lists;

/// <summary>How lists are written in strings: what is found, what is given, and what breaks it.</summary>
[Trait("Speed", "Fast")]
public sealed class ListGrammarTests : FittedLists
{
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
        Assert.Equal(["a", "b", "['c'", "d]", "(OOV)", "(OOV)"], tags.TableRows.Select(r => encoder.Vocabularies[1].Describe(r - encoder.Spec.Offsets()[1])));
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
}

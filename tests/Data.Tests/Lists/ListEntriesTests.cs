using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Lists;

/// <summary>A list in a string: its entries, or what is wrong with it.</summary>
[Trait("Speed", "Fast")]
public sealed class ListEntriesTests
{
    [Theory]
    // Python, JSON, Arrow and Spark, PostgreSQL, numpy.
    [InlineData("[1, 2, 3]", ',', "1|2|3")]
    [InlineData("['a', 'b']", ',', "a|b")]
    [InlineData("""["a","b"]""", ',', "a|b")]
    [InlineData("""["it's", 'say "so"']""", ',', "it's|say \"so\"")]
    [InlineData("(1, 2)", ',', "1|2")]
    [InlineData("(1,)", ',', "1")]
    [InlineData("('a',)", ',', "a")]
    [InlineData("{1,2}", ',', "1|2")]
    [InlineData("{rock,\"new age\",NULL}", ',', "rock|new age|(null)")]
    [InlineData("[1 2 3]", ' ', "1|2|3")]
    [InlineData("[ 1  2\n 13]", ' ', "1|2|13")]
    [InlineData("['new york' 'paris']", ' ', "new york|paris")]
    [InlineData("[a; b]", ';', "a|b")]
    // Empty and missing.
    [InlineData("[]", ',', "")]
    [InlineData("  ", ',', "")]
    [InlineData("( )", ',', "")]
    [InlineData("None", ',', "")]
    [InlineData("nan", ',', "")]
    [InlineData("[1, None, nan, null, <NA>]", ',', "1|(null)|(null)|(null)|(null)")]
    [InlineData("['None', \"\"]", ',', "None|")]
    [InlineData("[1, , 2,]", ',', "1|(null)|2|(null)")]
    // Separators and brackets within quotes, apostrophes within words.
    [InlineData("""["a,b", "[c]", "d"]""", ',', "a,b|[c]|d")]
    [InlineData("[it's, fine]", ',', "it's|fine")]
    // Escapes.
    [InlineData("""["a\"b", "\\", "\u00e9\/", "\ud83d\ude00", "\t"]""", ',', "a\"b|\\|é/|😀|\t")]
    [InlineData("""['it\'s', '\xe9', '\U0001F600']""", ',', "it's|é|😀")]
    public void A_list_in_brackets_has_its_entries(string text, char separator, string entries) => Assert.Equal(entries, Read(text, new(separator, ListForm.Bracketed)));

    [Theory]
    [InlineData("1, 2", ',', "no list in brackets")]
    [InlineData("[1, 2", ',', "no list in brackets")]
    [InlineData("[1, 2)", ',', "no list in brackets")]
    [InlineData("['a, 'b']", ',', "text behind a quote")]
    [InlineData("['a', 'b]", ',', "a quote that is not closed")]
    [InlineData("""['a\']""", ',', "a quote that is not closed")]
    [InlineData("""["a" "b"]""", ',', "text behind a quote")]
    [InlineData("['a''b']", ' ', "text behind a quote")]
    [InlineData("[[1, 2], [3]]", ',', "a list within the list")]
    [InlineData("[(1, 2), (3, 4)]", ',', "a list within the list")]
    [InlineData("{'a': 1}", ',', "text behind a quote")]
    [InlineData("[0 1 ... 998 999]", ' ', "an abbreviated list (...)")]
    [InlineData("""["\q"]""", ',', "an escape that is none")]
    [InlineData("""["\u12"]""", ',', "an escape that is none")]
    [InlineData("""["\ud83d"]""", ',', "an escape that is none")]
    public void What_is_no_list_in_brackets_says_why(string text, char separator, string fault) => Assert.Equal(fault, Read(text, new(separator, ListForm.Bracketed)));

    [Theory]
    [InlineData("'a','b,c'", ',', ListForm.Quoted, "a|b,c")]
    [InlineData("\"a\";b;null", ';', ListForm.Quoted, "a|b|(null)")]
    [InlineData("a|null||b", '|', ListForm.Bare, "a|null|(null)|b")]
    [InlineData("(no genres listed)", '|', ListForm.Bare, "(no genres listed)")]
    [InlineData("[live] a|b [remix]", '|', ListForm.Bare, "[live] a|b [remix]")]
    [InlineData("[1,2]", ',', ListForm.Bare, "a list in brackets, unlike others of this column")]
    [InlineData("['a', None]", ',', ListForm.Unchecked, "['a'|None]")]
    public void Lists_without_brackets_have_their_entries(string text, char separator, ListForm form, string entries) => Assert.Equal(entries, Read(text, new(separator, form)));

    [Fact]
    public void Among_integers_a_word_can_only_be_a_null()
    {
        Assert.Equal("1|(null)|2", Read("1,nan,2", new(',', ListForm.Bare), integers: true));
        Assert.Equal("", Read("None", new(',', ListForm.Bare), integers: true));
    }

    [Theory]
    [InlineData("42", ValueKind.Integer, 42L)]
    [InlineData("-7", ValueKind.Integer, -7L)]
    [InlineData("42.0", ValueKind.Integer, 42L)]
    [InlineData("42.", ValueKind.Integer, 42L)]
    [InlineData("-4.2e1", ValueKind.Integer, -42L)]
    [InlineData("9007199254740993.0", ValueKind.Integer, 9007199254740993L)]
    [InlineData("18446744073709551615", ValueKind.Unsigned, -1L)]
    [InlineData("18446744073709551615.0", ValueKind.Unsigned, -1L)]
    [InlineData("18446744073709551615", ValueKind.Integer, null)]
    [InlineData("18446744073709551616.0", ValueKind.Unsigned, null)]
    [InlineData("-1.0", ValueKind.Unsigned, null)]
    [InlineData("1.5", ValueKind.Integer, null)]
    [InlineData("1e-30", ValueKind.Integer, null)]
    [InlineData("1e30", ValueKind.Integer, null)]
    [InlineData("1.00000000000000000000000000001", ValueKind.Integer, null)]
    [InlineData("x", ValueKind.Integer, null)]
    [InlineData("", ValueKind.Integer, null)]
    public void Whole_numbers_are_integers_to_the_last_digit(string text, ValueKind kind, long? value) => Assert.Equal(value, WholeNumber.Parse(text, kind));

    private static string Read(string text, ListGrammar grammar, bool integers = false)
    {
        List<string> found = [];
        ListEntries entries = new(text, grammar, integers);
        while (entries.Next())
        {
            Assert.True(found.Count < ListEntries.AtMost(text, grammar));
            found.Add(entries.IsNull ? "(null)" : entries.Entry.ToString());
        }

        return entries.Fault ?? string.Join('|', found);
    }
}

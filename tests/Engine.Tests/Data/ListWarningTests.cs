using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Warnings about lists that are probably read in another way than intended, and about nothing else.</summary>
public sealed class ListWarningTests : OwnFolder
{
    private const int Rows = 300;
    private static readonly string[] genres = ["Action", "Comedy", "Drama", "Horror", "Sci-Fi", "War", "Film Noir"];
    private readonly Random random = new(1);

    public static TheoryData<string, string, char> ListsAsText => new()
    {
        { "ids", "12,53,8", ',' },
        { "ids of strings", "i12;i53;i8", ';' },
        { "ids with spaces", "12 53 8", ' ' },
        { "ids with bars", "12|53|8", '|' },
        { "words", "rock, film noir, jazz", ',' },
        { "words with bars", "Action|Comedy", '|' },
        { "Python", "['a', 'b']", ',' },
        { "integers", "[1, 2, 3]", ',' },
        { "JSON", "[\"a\",\"b\"]", ',' },
        { "numpy", "[1 2 3]", ' ' },
        { "PostgreSQL", "{a,b}", ',' },
        { "padded ids", "1,2,3,4,0,0", ',' },
    };

    [Theory]
    [MemberData(nameof(ListsAsText))]
    public void Text_that_looks_like_lists_is_told(string kind, string like, char separator)
    {
        string One() => string.Join(like.Contains(", ") ? ", " : separator.ToString(), Enumerable.Range(0, like.EndsWith(",0,0") ? 6 : random.Next(1, 7)).Select(_ => Entry(like)));
        string[] values = [.. Enumerable.Range(0, Rows).Select(_ => like[0] is '[' or '{' ? $"{like[0]}{One()}{like[^1]}" : One()).Distinct()];
        ListGrammar? found = UndeclaredLists.Of(values);
        Assert.True(found is not null, kind);
        Assert.Equal(new ListGrammar(separator, like[0] is '[' or '{' ? ListForm.Bracketed : ListForm.Bare), found);
    }

    public static TheoryData<string> OrdinaryText => ["date", "day", "time", "http date", "name", "name with title", "title", "pipe title", "path", "url", "agent", "old agent", "price", "thousands", "decimal comma",
        "place", "address", "coordinates", "tuple", "guid", "phone", "version", "object", "objects", "sentence", "file", "mail", "product", "mime", "size", "none listed"];

    [Theory]
    [MemberData(nameof(OrdinaryText))]
    public void Ordinary_text_is_not(string kind)
    {
        string[] values = [.. Enumerable.Range(0, Rows).Select(_ => Ordinary(kind)).Distinct()];
        Assert.True(UndeclaredLists.Of(values) is null, $"{kind}: {string.Join(" / ", values.Take(5))}");
    }

    [Fact]
    public void Training_and_inspect_say_which_flag_to_write()
    {
        string[] lists = [.. Enumerable.Range(0, Rows).Select(i => i % 9 == 0 ? "" : string.Join(", ", Enumerable.Range(0, 1 + i % 5).Select(k => $"i{(i * 7 + k) % 40}")))];
        string path = Base().Text("past", lists).Text("site", [.. Enumerable.Range(0, Rows).Select(i => $"Smith, John {i % 50}")]).Write(Folder.File("s.parquet"));
        const string said = "column past looks like lists separated by ',' (such as: 'i7, i8') and is read as one id per row: name it with --history past=COL or --multi-value past";
        string[] train = ["train", path, "--hidden-units", "4", "--embedding-dim", "2", "--device", "cpu", "--overwrite", "--out", Folder.File("run")];
        string told = Run(train).Succeeded().Error;
        Assert.Contains($"warning: {said}", told);
        Assert.DoesNotContain("column site looks", told);
        Assert.Contains($"problem: {said}", Run("inspect", path).Succeeded().Out);
        Assert.All((string[])["--history=past=item", "--multi-value=past", "--categorical=past"], flag => Assert.DoesNotContain("looks like lists", Run([.. train, flag]).Succeeded().Error));
    }

    [Theory]
    [InlineData("i{0};i{1};i{2}", ",", "'i", "--list-separator")]
    [InlineData("x{0},x{1}", ",", "'x", "--history past=COL")]
    [InlineData("i{0};i{1};i{2}", ";", null, null)]
    public void A_history_whose_entries_are_hardly_ever_targets_is_told(string list, string separator, string? stranger, string? advice)
    {
        string path = Base().Text("past", [.. Enumerable.Range(0, Rows).Select(i => string.Format(list, i % 40, (i + 1) % 40, (i + 2) % 40))]).Write(Folder.File("s.parquet"), groupRows: 50);
        string[] flags = ["--history", "past=item", "--list-separator", separator];
        string train = Run(["train", path, .. flags, "--hidden-units", "4", "--embedding-dim", "2", "--device", "cpu", "--out", Folder.File("run")]).Succeeded().Error, inspect = Run(["inspect", path, .. flags]).Succeeded().Out;
        if (stranger is null)
        {
            Assert.DoesNotContain("occur in its target", train + inspect);
            return;
        }

        Assert.All((string[])[train, inspect], told => Assert.All((string[])["entries of the history past only 0 (0", "occur in its target item", stranger, advice!], part => Assert.Contains(part, told)));
    }

    [Fact]
    public void A_real_list_of_another_column_is_told_as_well()
    {
        long?[][] lists = [.. Enumerable.Range(0, Rows).Select(i => new long?[] { 1000 + i, i % 20 == 0 ? i % 40 : 2000 + i })];
        TestShard shard = new TestShard().Column("label", [.. Enumerable.Range(0, Rows).Select(i => i % 2)]).Column("item", [.. Enumerable.Range(0, Rows).Select(i => (long)(i % 40))]).Lists("hist_item", lists);
        ShardSet shards = ShardSet.Resolve([shard.Write(Folder.File("s.parquet"), groupRows: 60)]);
        FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions());
        Assert.Contains("of 120 entries of the history hist_item only 3 (2.5", Assert.Single(HistoryCoverage.Warnings(shards, plan)));
        HistoryCoverage match = HistoryCoverage.Of(shards, plan, plan.Columns[2]);
        Assert.Equal((120, 3, "1000"), (match.Entries, match.Found, match.Stranger));
    }

    private static TestShard Base() => new TestShard().Column("label", [.. Enumerable.Range(0, Rows).Select(i => i % 2)]).Text("item", [.. Enumerable.Range(0, Rows).Select(i => $"i{i % 40}")]);

    private string Entry(string like) => like switch
    {
        _ when like.Contains("'a'") => $"'{Word()}'",
        _ when like.Contains("\"a\"") => $"\"{Word()}\"",
        _ when like.Contains('i') && like.Contains("12") => $"i{random.Next(10_000)}",
        _ when char.IsAsciiDigit(like[0]) || like[1] == '1' => $"{random.Next(10_000)}",
        _ => genres[random.Next(genres.Length)],
    };

    private string Word() => ((string[])["red", "green", "blue", "dark", "light"])[random.Next(5)];

    private string Of(params string[] words) => words[random.Next(words.Length)];

    private string Name() => Of("Smith", "Jones", "Garcia Marquez", "O'Brien", "Lee");

    private string First() => Of("John", "Mary", "Ann Lee", "Zoe", "Tom");

    private string Number(int digits) => $"{random.Next((int)Math.Pow(10, digits - 1), (int)Math.Pow(10, digits))}";

    private string Ordinary(string kind) => kind switch
    {
        "date" => $"{Of("Jan", "Feb", "May")} {random.Next(1, 29)}, {random.Next(2000, 2026)}",
        "day" => $"{random.Next(2000, 2026)}-{random.Next(10, 13)}-{random.Next(10, 29)}",
        "time" => $"2021-0{random.Next(1, 10)}-1{random.Next(10)} {random.Next(10, 24)}:{random.Next(10, 60)}:{random.Next(10, 60)}",
        "http date" => $"{Of("Mon", "Tue")}, {random.Next(10, 29)} {Of("Jan", "Feb")} 2021 10:{random.Next(10, 60)}:00 GMT",
        "name" => $"{Name()}, {First()}",
        "name with title" => $"{Name()}, {First()}{Of("", "", ", Jr.", ", PhD")}",
        "title" => $"{Of("Shawshank Redemption", "Matrix", "Godfather", "Good, the Bad and the Ugly")} {random.Next(99)}{Of(", The", "", ", A")} ({random.Next(1950, 2020)})",
        "pipe title" => $"{Name()} {Number(3)} | {Of("Sports", "News", "Sports | Football")} | {Of("BBC", "CNN")}",
        "path" => $"{Of("Home|Kitchen", "Home|Garden", "Books|Fiction")}{Of("", "|Pots", "|Tools", "|Crime|Nordic")}",
        "url" => $"https://www.example.com/{Of("a", "b")},{Number(3)},{Of("list", "item")}{Of("", ",2")}.html?q={Number(4)};s={Number(2)}",
        "agent" => $"Mozilla/5.0 ({Of("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "iPhone; CPU iPhone OS 14_2 like Mac OS X", "Linux; Android 10; SM-G973F", "Linux; U; Android 4.4; en-us; GT")}) AppleWebKit/537.{random.Next(99)} (KHTML, like Gecko) Chrome/{random.Next(60, 120)}.0.0.0 Safari/537.36",
        "old agent" => $"Mozilla/4.0 (compatible; MSIE {Of("7.0", "8.0")}; Windows NT {Of("5.1", "6.1")}{Of("", "; WOW64")}; Trident/{random.Next(4, 6)}.0{Of("", "; SLCC2")}{Of("", "; .NET CLR 2.0.50727")}{Of("", "; .NET CLR 3.5.30729")}{Of("", "; Media Center PC 6.0")}; rv {random.Next(99)})",
        "price" => $"${random.Next(1, 9)},{Number(3)}.{Number(2)}",
        "thousands" => $"{random.Next(1, 999)},{Number(3)}{Of("", $",{Number(3)}")}",
        "decimal comma" => $"{random.Next(99)}{Of("", ",5", ",25")}{Of("", "0")}",
        "place" => $"{Of("Paris", "London", "New York", "Springfield", "Austin", "Berlin")}{Of("", ", TX", ", IL", ", Ontario")}, {Of("USA", "UK", "Canada", "France")}",
        "address" => $"{random.Next(1, 99)} {Of("Main", "Oak", "High")} St{Of("", ", Apt 4")}, {Of("Springfield", "Austin")}, {Of("IL", "TX")}, USA",
        "coordinates" => $"{random.Next(90)}.{Number(4)},{random.Next(90)}.{Number(4)}",
        "tuple" => $"{random.Next(90)},{random.Next(90)}",
        "guid" => $"{{{Guid.NewGuid()}}}",
        "phone" => $"{Of("030", "+49 30", "555")} {Number(3)} {Number(4)}{Of("", " 12")}",
        "version" => $"{random.Next(9)}.{random.Next(9)}.{random.Next(9)}",
        "object" => $"{{\"a\": {random.Next(999)}, \"b\": \"x\"}}",
        "objects" => $"[{{\"a\": {random.Next(999)}}}, {{\"a\": 1}}]",
        "sentence" => $"{Of("However", "Then", "Yesterday")}, {Of("the cat", "a dog", "my aunt")} {Of("sat", "ran", "slept")}, {Of("and", "but", "so")} {Of("it", "he", "she")} was {Of("red", "blue")}{Of("", ", again")} {random.Next(99)}.",
        "file" => $"/home/{Of("a", "b")}/{Number(5)}.txt",
        "mail" => $"{First()}{Number(3)}@example.com",
        "product" => $"{Of("Samsung", "Apple")} phone {Number(2)}, {Of("black", "white")}, {Of("64GB", "128GB")}{Of("", ", refurbished")}",
        "mime" => $"text/{Of("html", "plain")};charset={Of("utf-8", "latin1")}{Number(2)}",
        "size" => $"{random.Next(100, 999)}x{random.Next(100, 999)}",
        _ => $"(no genres listed {random.Next(99)})",
    };
}

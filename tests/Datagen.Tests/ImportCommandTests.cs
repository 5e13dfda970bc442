namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public sealed class ImportCommandTests : OwnFolder
{
    [Theory]
    [InlineData("import")]
    [InlineData("import interactions")]
    public async Task Bare_verb_prints_its_options(string line)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("interactions", output);
    }

    [Theory]
    [InlineData("", "import interactions LOG", 2)]
    [InlineData("", "import interactions --out OUT", 2)]
    [InlineData("", "import interactions LOG --out OUT --columns who=1", 2)]
    [InlineData("u,i\n", "import interactions LOG --out OUT --columns user=who,item=2", 2)]
    [InlineData("a b c d e f\na b c d e f\n", "import interactions LOG --out OUT", 2)]
    [InlineData("", "import interactions LOG --out OUT", 3)]
    [InlineData("PAR1\0\0", "import interactions LOG --out OUT", 3)]
    [InlineData("word\nword\n", "import interactions LOG --out OUT", 3)]
    [InlineData("item_id,time\nx,1\n", "import interactions LOG --out OUT", 3)]
    [InlineData("user,item,time\n", "import interactions LOG --out OUT", 3)]
    [InlineData("user,item,time\nu,x,1\nu,y,soon\n", "import interactions LOG --out OUT", 3)]
    [InlineData("1 2 3\n4 5\n", "import interactions LOG --out OUT --categories NONSENSE", 3)]
    [InlineData("", "import interactions ABSENT --out OUT", 5)]
    public async Task Bad_requests_and_files_give_one_line_and_their_code(string log, string line, int expected)
    {
        File.WriteAllText(Folder.File("nonsense.json"), "[1, 2");
        File.WriteAllText(Folder.File("log"), log);
        var (code, output, error) = await RunAsync(line);
        Assert.Equal((expected, ""), (code, output));
        Assert.StartsWith("datagen: ", error);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.False(Directory.Exists(Folder.File("out")));
    }

    [Fact]
    public async Task Bad_lines_are_counted_and_quoted_with_their_numbers()
    {
        File.WriteAllText(Folder.File("log"), "user,item,time\nu,x,1\nu,y,soon\n\nu,,3\nu\nu,z,4\nv,w,4\n");
        var (code, output, error) = await RunAsync("import interactions LOG --out OUT --bad-lines 50");
        Assert.Equal(0, code);
        Assert.Contains("3 of 6 lines left out", error);
        Assert.Contains("log:3: has a time that is neither a number nor a date: 'u,y,soon'", error);
        Assert.Contains("log:5: has an empty item: 'u,,3'", error);
        Assert.Contains("log:6: has too few fields: 'u'", error);
        Assert.Contains("read as log separated by ',' with a header, columns user = 1, item = 2, time = 3", output);
        Assert.Contains("2 users, 3 items, no categories, 3 interactions", output);
    }

    [Fact]
    public async Task Folder_that_is_filled_is_refused_and_kept()
    {
        File.WriteAllText(Folder.File("log"), "1 2 3\n4 5\n");
        Assert.Equal(0, (await RunAsync("import interactions LOG --out OUT")).Code);
        var (code, _, error) = await RunAsync("import interactions LOG --out OUT");
        Assert.Equal(2, code);
        Assert.Contains("train-0.parquet", error);
        Assert.True(File.Exists(Folder.File("out/train-0.parquet")));
        Assert.Equal(0, (await RunAsync("import interactions LOG --out OUT --overwrite")).Code);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        string[] arguments = [.. line.Split(' ').Select(word => word switch
        {
            "LOG" => Folder.File("log"),
            "OUT" => Folder.File("out"),
            "ABSENT" => Folder.File("absent"),
            "NONSENSE" => Folder.File("nonsense.json"),
            _ => word,
        })];
        using StringWriter output = new(), error = new();
        int code = await DatagenCommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}

namespace GpuCtr.Datagen.Tests;

public sealed class ImportRunTests : OwnFolder
{
    [Fact]
    public async Task Sequences_become_pairs_of_rows_with_the_history_before_them()
    {
        var report = await ImportAsync("7 1 2 3 4\n8 5 6\n9 3\n");
        Assert.Equal((2, 2, 4, 1), (report.Rows[ImportSplit.Train], report.Rows[ImportSplit.Valid], report.Rows[ImportSplit.Test], report.ShortUsers));
        var train = await ListRows.ReadAsync(Folder.File("out/train-0.parquet"));
        var valid = await ListRows.ReadAsync(Folder.File("out/valid.parquet"));
        var test = await ListRows.ReadAsync(Folder.File("out/test.parquet"));
        Assert.Equal(["label", "user", "item", "hist_item"], train.Keys);
        Assert.Equal("1: 7 2 after 1", Row(train, 0));
        Assert.Equal("1: 7 3 after 1 2", Row(valid, 0));
        Assert.Equal("1: 7 4 after 1 2 3", Row(test, 0));
        Assert.Equal("1: 8 6 after 5", Row(test, 2));
        Assert.Equal("0", train["label"][1][0]);
        Assert.Contains(train["item"][1][0], new[] { "5", "6" });
        Assert.Equal(train["hist_item"][0], train["hist_item"][1]);
    }

    [Fact]
    public async Task Log_is_put_in_order_of_time_and_equal_times_keep_their_lines()
    {
        await ImportAsync("user_id:token\titem_id:token\trating:float\ttimestamp:float\na\tx\t5\t30\na\ty\t1\t10\nb\tw\t3\t1\na\tz\t4\t30\n");
        Assert.Equal("1: a z after y x", Row(await ListRows.ReadAsync(Folder.File("out/test.parquet")), 0));
    }

    [Theory]
    [InlineData("u::x::5::978300760\nu::y::3::978300761\nv::z::3::978300762\n")]
    [InlineData("u,x,1,c\nu,y,2,c\nv,z,2,c\n")]
    [InlineData("u|x|2020-01-01\nu|y|2020-01-01 10:00:00\nv|z|2019-01-01\n")]
    [InlineData("ts;uid;iid\n1;u;x\n2;u;y\n2;v;z\n")]
    [InlineData("user item\nu x\nu y\nv z\n")]
    public async Task Logs_of_many_spellings_read_the_same(string text)
    {
        await ImportAsync(text);
        Assert.Equal("1: u y after x", Row(await ListRows.ReadAsync(Folder.File("out/test.parquet")), 0));
    }

    [Fact]
    public async Task Columns_that_are_named_go_before_those_that_are_known()
    {
        await ImportAsync("item_id,who,when,\"seen, when\"\nx,u,2,1\ny,u,1,2\nz,v,1,2\n", request => request with { Columns = ColumnChoice.Parse("user=who,time=4") });
        Assert.Equal("1: u y after x", Row(await ListRows.ReadAsync(Folder.File("out/test.parquet")), 0));
    }

    [Fact]
    public async Task History_keeps_the_latest_items()
    {
        await ImportAsync("1 1 2 3 4 5\n2 9 8 7\n", request => request with { MaxHistory = 2 });
        Assert.Equal("1: 1 5 after 3 4", Row(await ListRows.ReadAsync(Folder.File("out/test.parquet")), 0));
    }

    [Fact]
    public async Task Items_without_a_category_have_null()
    {
        File.WriteAllText(Folder.File("kinds.json"), """{"x": ["red", "blue"], "y": [], "w": 5}""");
        var report = await ImportAsync("u x y x\nv w z\n", request => request with { CategoriesFile = Folder.File("kinds.json") });
        Assert.Equal(2, report.WithoutCategory);
        var test = await ListRows.ReadAsync(Folder.File("out/test.parquet"));
        Assert.Equal(["red"], test["category"][0]);
        Assert.Equal(["red", "null"], test["hist_category"][0]);
        Assert.Equal(["null"], test["category"][2]);
    }

    [Fact]
    public async Task Ids_that_only_look_like_integers_stay_text()
    {
        await ImportAsync("1 07 7\n2 8 9\n", request => request with { Format = ImportFormat.Sequence });
        Assert.Equal("1: 1 7 after 07", Row(await ListRows.ReadAsync(Folder.File("out/test.parquet")), 0));
    }

    [Fact]
    public async Task Negatives_are_items_that_the_user_never_had()
    {
        string text = string.Concat(Enumerable.Range(0, 40).Select(u => $"{u} {string.Join(' ', Enumerable.Range(0, 10).Select(t => ((u * 7) + (t * 3)) % 25))}\n"));
        await ImportAsync(text, request => request with { Format = ImportFormat.Sequence });
        var train = await ListRows.ReadAsync(Folder.File("out/train-0.parquet"));
        var negatives = Enumerable.Range(0, train["label"].Length).Where(i => train["label"][i][0] == "0").ToArray();
        Assert.Equal(40 * 7, negatives.Length);
        Assert.All(negatives, i =>
        {
            int user = int.Parse(train["user"][i][0]), item = int.Parse(train["item"][i][0]);
            Assert.DoesNotContain(item, Enumerable.Range(0, 10).Select(t => ((user * 7) + (t * 3)) % 25));
        });
        Assert.Equal(25, negatives.Select(i => train["item"][i][0]).Distinct().Count());
    }

    [Fact]
    public async Task User_who_had_every_item_gets_no_negative()
    {
        var report = await ImportAsync("1 1 2 3\n2 1\n");
        Assert.Equal(2, report.WithoutNegative);
        Assert.Equal(1, report.Rows[ImportSplit.Test]);
    }

    [Fact]
    public async Task Files_of_the_same_seed_have_the_same_bytes_and_shards_share_the_rows()
    {
        string text = string.Concat(Enumerable.Range(0, 50).Select(u => $"{u} {u} {u + 1} {u + 2} {u + 3} {u + 4}\n"));
        await ImportAsync(text, request => request with { Format = ImportFormat.Sequence, Shards = 3 });
        await ImportAsync(text, request => request with { Format = ImportFormat.Sequence, Shards = 3, Out = Folder.File("again") });
        foreach (string name in new[] { "train-0", "train-1", "train-2", "valid", "test" })
            Assert.Equal(File.ReadAllBytes(Folder.File($"out/{name}.parquet")), File.ReadAllBytes(Folder.File($"again/{name}.parquet")));
        int[] rows = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(async k => (await ListRows.ReadAsync(Folder.File($"out/train-{k}.parquet")))["label"].Length))];
        Assert.Equal(200, rows.Sum());
        Assert.All(rows, count => Assert.InRange(count, 64, 70));
    }

    private async Task<ImportReport> ImportAsync(string text, Func<ImportRequest, ImportRequest>? change = null)
    {
        File.WriteAllText(Folder.File("log.txt"), text);
        var request = new ImportRequest { Files = [Folder.File("log.txt")], Out = Folder.File("out") };
        return await ImportRun.ExecuteAsync(change?.Invoke(request) ?? request, CancellationToken.None);
    }

    private static string Row(Dictionary<string, string[][]> rows, int i) =>
        $"{rows["label"][i][0]}: {rows["user"][i][0]} {rows["item"][i][0]} after {string.Join(' ', rows["hist_item"][i])}";
}

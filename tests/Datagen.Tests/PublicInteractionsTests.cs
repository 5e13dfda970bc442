namespace GpuCtr.Datagen.Tests;

public sealed class PublicInteractionsTests : OwnFolder
{
    [SkippableFact]
    public async Task Import_of_amazon_beauty_has_the_rows_and_positives_of_the_given_files()
    {
        await ImportAsync("amazon_beauty/Beauty.txt", "amazon_beauty/Beauty_item2attributes.json");
        foreach (var (given, made) in new[] { ("train", "train-0"), ("valid", "valid") })
        {
            var expected = await ListRows.ReadAsync(SharedData.File($"amazon_beauty/{given}.parquet"));
            var actual = await ListRows.ReadAsync(Folder.File($"out/{made}.parquet"));
            Assert.Equal(expected.Keys, actual.Keys);
            Assert.Equal(expected["label"].Length, actual["label"].Length);
            Assert.Equal(Positives(expected), Positives(actual));
        }
    }

    [SkippableTheory]
    [InlineData("amazon_grocery/train.csv", "amazon_grocery/item_meta.csv", 121_892, 14_681, 56)]
    [InlineData("ml-100k/ml-100k.inter", "ml-100k/ml-100k.item", 100_000, 943, 19)]
    public async Task Import_of_public_logs_reads_every_line(string log, string categories, int interactions, int users, int kinds)
    {
        var report = await ImportAsync(log, categories);
        Assert.Equal((interactions, users, kinds, 0), (report.Log.Count, report.Log.Users.Count, report.Log.Categories.Count, report.Bad.Count));
        Assert.Equal(2 * (interactions - users), report.Rows.Values.Sum());
    }

    private Task<ImportReport> ImportAsync(string log, string categories) => ImportRun.ExecuteAsync(
        new ImportRequest { Files = [SharedData.File(log)], CategoriesFile = SharedData.File(categories), Out = Folder.File("out") }, CancellationToken.None);

    private static string[] Positives(Dictionary<string, string[][]> rows) =>
        [.. Enumerable.Range(0, rows["label"].Length).Where(i => rows["label"][i][0] == "1")
            .Select(i => string.Join(" | ", new[] { "user", "item", "category", "hist_item", "hist_category" }.Select(name => string.Join(' ', rows[name][i]))))];
}

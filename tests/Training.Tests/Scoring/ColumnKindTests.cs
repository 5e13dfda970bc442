using System.Globalization;
using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Parquet;
using GpuCtr.Engine.Commands;

namespace GpuCtr.Training.Tests.Scoring;

/// <summary>Rows with every kind of column: predict, JSON and typed values in every spelling give the same scores.</summary>
public sealed class ColumnKindTests(ColumnKindTests.Trained model) : IClassFixture<ColumnKindTests.Trained>
{
    private const int Rows = 160;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rows_as_json_in_every_spelling_have_the_scores_of_their_shard(int spelling)
    {
        using CtrModel trained = CtrModel.Load(model.Run, new() { Concurrency = 1 });
        FeatureRow row = trained.NewRow();
        for (int i = 0; i < Rows; i++)
        {
            using JsonDocument json = JsonDocument.Parse(KindRow.At(i).Json(spelling));
            Assert.Equal(model.Scores[i]!.Value, trained.Score(row.SetJson(json.RootElement)), 1e-6f);
        }
    }

    [Fact]
    public void Typed_values_have_the_scores_of_their_shard()
    {
        using CtrModel trained = CtrModel.Load(model.Run, new() { Concurrency = 1 });
        FeatureRow row = trained.NewRow();
        for (int i = 0; i < Rows; i++)
        {
            KindRow r = KindRow.At(i);
            row.Clear().Set("id", (double)r.Id).Set("big", r.Big).Set("flag", r.Flag).Set("site", r.Site).Set("code", (decimal)r.Code).Set("price", r.Price)
                .Set("clicks", (decimal)r.Clicks).Set("bucket", r.Clicks).Set("real", r.Real).Set("day", DateOnly.FromDateTime(r.Created)).Set("seen", r.Created)
                .Set("history", r.History).Set("tags", [.. r.History.Select(h => $"t{h}")]).Set("text", string.Join(", ", r.History));
            row = i % 2 == 0 ? row.Set("created", r.Created) : row.Set("created", new DateTimeOffset(r.Created, TimeSpan.Zero).ToOffset(TimeSpan.FromHours(-7)));
            Assert.Equal(model.Scores[i]!.Value, trained.Score(row), 1e-6f);
            Assert.Equal(model.Scores[i]!.Value, trained.Score(row.Set("created:hour", r.Created.Hour).Set("created:weekday", (int)r.Created.DayOfWeek)), 1e-6f);
        }
    }

    [Theory]
    [InlineData("{\"id\": 42.5}", "column 'id'", "integers")]
    [InlineData("{\"id\": \"042\"}", "'042'")]
    [InlineData("{\"id\": \"42.0\"}", "'42.0'")]
    [InlineData("{\"id\": \"\"}", "column 'id'")]
    [InlineData("{\"id\": 1e300}", "column 'id'", "integers")]
    [InlineData("{\"id\": 1e-30}", "column 'id'", "integers")]
    [InlineData("{\"id\": [1]}", "array")]
    [InlineData("{\"history\": [1, 2.5]}", "the entry 2.5")]
    [InlineData("{\"history\": [[[[1]]]]}", "the entry")]
    [InlineData("{\"history\": 3}", "one integer", "lists of integers")]
    [InlineData("{\"created\": 1700000000}", "column 'created'", "times")]
    [InlineData("{\"created\": \"01/31/2024\"}", "01/31/2024", "2024-01-31T12:30:00Z")]
    [InlineData("{\"created\": \"2024-02-30\"}", "no time")]
    [InlineData("{\"site\": 4}", "strings")]
    [InlineData("{\"price\": \"cheap\"}", "column 'price'", "numbers")]
    [InlineData("{\"price\": 1e999}", "column 'price'")]
    [InlineData("{\"nothing\": 1}", "no such column")]
    public void What_does_not_fit_is_refused_by_name_and_leaves_an_empty_row(string json, params string[] said)
    {
        using CtrModel trained = CtrModel.Load(model.Run, new() { Concurrency = 1 });
        FeatureRow row = trained.NewRow(), empty = trained.NewRow();
        row.Set("site", "s1");
        using JsonDocument document = JsonDocument.Parse(json);
        string message = Assert.Throws<ArgumentException>(() => row.SetJson(document.RootElement)).Message;
        Assert.All(said, part => Assert.Contains(part, message));
        Assert.Equal(trained.Score(empty), trained.Score(row));
    }

    [Fact]
    public void Columns_are_those_of_the_shard()
    {
        using CtrModel trained = CtrModel.Load(model.Run, new() { Concurrency = 1 });
        Assert.Equal(
            ["big", "bucket", "clicks", "code", "created", "day", "flag", "history", "id", "price", "real", "seen", "site", "tags", "text"],
            trained.Columns.Select(c => c.Name).Order(StringComparer.Ordinal));
        Assert.Contains(new ModelColumn("created", ColumnValues.Times, ColumnUse.Category), trained.Columns);
    }

    /// <summary>One row, a function of its number.</summary>
    private sealed record KindRow(long Id, ulong Big, bool Flag, string Site, long Code, double Price, long Clicks, double Real, DateTime Created, long[] History, int Label)
    {
        public static KindRow At(int i)
        {
            Random random = new(i);
            return new(
                random.Next(2) * 9_007_199_254_740_991L - random.Next(7), random.Next(3) == 0 ? ulong.MaxValue - (ulong)random.Next(3) : (ulong)random.Next(5), random.Next(2) == 0, $"s{random.Next(5)}",
                random.Next(9) * 100, random.Next(100) / 8.0, random.Next(400), random.Next(4) + 0.5, new DateTime(2024, 1 + random.Next(12), 1 + random.Next(28), random.Next(24), random.Next(60), random.Next(60), 123),
                [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(6))], random.Next(2));
        }

        /// <summary>A number as programs write it in JSON: 0 plain, 1 with a decimal point, 2 as a string (proto3), 3 with an exponent.</summary>
        public string Json(int spelling)
        {
            string id = Whole(Id, spelling), created = Created.ToString(spelling switch { 0 => "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", 1 => "yyyy-MM-dd HH:mm:ss.fff", 2 => "yyyy-MM-dd'T'HH:mm:ss.fff'000000Z'", _ => "yyyy-MM-dd'T'HH:mm:ss.fff" }, CultureInfo.InvariantCulture);
            if (spelling == 3)
                created = new DateTimeOffset(Created, TimeSpan.Zero).ToOffset(TimeSpan.FromHours(5.5)).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
            string day = spelling % 2 == 0 ? Created.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : Created.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            string list = string.Join(", ", History.Select(h => Whole(h, spelling))), tags = string.Join(", ", History.Select(h => $"\"t{h}\""));
            return $$"""
                {"label": {{Label}}, "id": {{id}}, "big": {{(spelling == 2 ? $"\"{Big}\"" : Big)}}, "flag": {{(spelling == 1 ? Flag ? "1" : "0" : Flag ? "true" : "false")}}, "site": "{{Site}}",
                 "code": {{Whole(Code, spelling)}}, "price": {{Price.ToString(CultureInfo.InvariantCulture)}}, "clicks": {{Whole(Clicks, spelling)}}, "bucket": {{Whole(Clicks, spelling)}},
                 "real": {{Real.ToString(CultureInfo.InvariantCulture)}}, "created": "{{created}}", "day": "{{day}}", "seen": "{{created}}",
                 "history": [{{list}}], "tags": [{{tags}}], "text": "{{string.Join(", ", History)}}"}
                """;
        }

        private static string Whole(long value, int spelling) => spelling switch
        {
            1 => $"{value}.0",
            2 => $"\"{value}\"",
            3 => string.Create(CultureInfo.InvariantCulture, $"{value / 10m}e1"),
            _ => $"{value}",
        };
    }

    /// <summary>A model over such rows, and their scores by predict.</summary>
    public sealed class Trained : OwnFolder
    {
        public Trained()
        {
            KindRow[] rows = [.. Enumerable.Range(0, Rows).Select(KindRow.At)];
            Run = Folder.File("run");
            string shard = new TestShard().Column("label", [.. rows.Select(r => r.Label)]).Column("id", [.. rows.Select(r => r.Id)]).Column("big", [.. rows.Select(r => r.Big)])
                .Column("flag", [.. rows.Select(r => r.Flag)]).Text("site", [.. rows.Select(r => r.Site)]).Decimals("code", 12, 0, [.. rows.Select(r => (decimal)r.Code)])
                .Column("price", [.. rows.Select(r => r.Price)]).Column("clicks", [.. rows.Select(r => r.Clicks)]).Column("bucket", [.. rows.Select(r => (int)r.Clicks)])
                .Column("real", [.. rows.Select(r => r.Real)]).Column("created", [.. rows.Select(r => r.Created)]).Dates("day", [.. rows.Select(r => r.Created.Date)]).Column("seen", [.. rows.Select(r => r.Created)])
                .Lists("history", [.. rows.Select(r => r.History.Select(h => (long?)h).ToArray())]).TextLists("tags", [.. rows.Select(r => r.History.Select(h => $"t{h}").ToArray())])
                .Text("text", [.. rows.Select(r => string.Join(", ", r.History))]).Write(Folder.File("rows.parquet"), groupRows: 50);
            CommandRunner.Run(
                "train", shard, "--out", Run, "--device", "cpu", "--embedding-dim", "4", "--hidden-units", "8", "--lr", "0.05", "--epochs", "2", "--batch-size", "64", "--valid-fraction", "0",
                "--categorical", "real", "--numeric", "clicks", "bucket", "seen", "--numeric-transform", "clicks=log", "bucket=quantile", "--multi-value", "text", "--list-separator", ",").Succeeded();
            string scores = Folder.File("scores.parquet");
            CommandRunner.Run("predict", "--model", Run, shard, "--out", scores, "--device", "cpu").Succeeded();
            Scores = ServedModels.Scores(scores);
            Assert.True(Scores.Distinct().Count() > Rows / 2);
        }

        public string Run { get; }

        public float?[] Scores { get; }
    }
}

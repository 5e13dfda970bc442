using System.ComponentModel.DataAnnotations.Schema;
using System.Data;
using System.Runtime.CompilerServices;
using GpuCtr.Data.Features;
using GpuCtr.Data.Rows;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training.Tests.Library;

/// <summary>Rows of a program are trained on as if they stood in a file.</summary>
public sealed class RowStoreTests : OwnFolder
{
    private const int Count = 900;

    private static readonly DateTime start = new(2024, 1, 31, 22, 0, 0, DateTimeKind.Utc);

    private enum Site
    {
        News,
        Shop,
        Mail,
    }

    private sealed record Click(bool Label, long User, Site Site, long Item, [property: Column("hist_item")] IReadOnlyList<long> Before, float? Age, double Price, DateTimeOffset CreatedAt, float Weight)
    {
        [NotMapped]
        public object Note => throw new InvalidOperationException("not mapped");
    }

    [Fact]
    public async Task Rows_end_in_the_weights_of_a_file_with_the_same_values()
    {
        Click[] clicks = [.. Enumerable.Range(0, Count).Select(Of)], later = [.. Enumerable.Range(Count, 300).Select(Of)];
        RowStore rows = new();
        TrainOptions byRows = Options("rows", rows.Add("clicks", Later(clicks))) with { Valid = [rows.Add("later", later)], Test = [rows.Add("last", later.AsEnumerable().Reverse())], Stores = [rows] };
        TrainOptions byFiles = Options("of-files", Write("train", clicks)) with { Valid = [Write("later", later)], Test = [Write("last", [.. later.AsEnumerable().Reverse()])] };
        TrainingResult ofRows = await CtrTrainer.TrainAsync(byRows), ofFiles = await CtrTrainer.TrainAsync(byFiles);
        Assert.Contains("\"model\": \"din\"", File.ReadAllText(Path.Combine(ofRows.Folder, "config.json")));
        Assert.Equal(ofFiles.Metrics.WeightsHash, ofRows.Metrics.WeightsHash);
        Assert.Equal((ofFiles.Metrics.ValidAuc, ofFiles.Metrics.Auc), (ofRows.Metrics.ValidAuc, ofRows.Metrics.Auc));
        // The run goes on: the same rows are enumerated again, and known by their content.
        TrainingResult longer = await CtrTrainer.TrainAsync(new TrainOptions { Out = ofRows.Folder, Resume = true, Epochs = 2, Stores = [rows] });
        Assert.Equal(2, longer.Epochs.Count);
        RowStore others = new();
        others.Add("clicks", clicks.Select(c => c with { Price = c.Price + 1 }));
        others.Add("later", later);
        others.Add("last", later);
        GpuCtrException changed = await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(new TrainOptions { Out = ofRows.Folder, Resume = true, Epochs = 3, Stores = [others] }));
        Assert.Contains("train_shards was [rows://clicks", changed.Message);
    }

    private sealed record Everything
    {
        public sbyte Int8 => -8;

        public byte UInt8 => 8;

        public short Int16 => -16;

        public ushort UInt16 => 16;

        public int Int32 => -32;

        public uint UInt32 => uint.MaxValue;

        public long Int64 => long.MinValue;

        public ulong UInt64 => ulong.MaxValue;

        public float Single => 0.1f;

        public double Double => 0.1;

        public decimal Decimal => 12.5m;

        public bool Bool => true;

        public Site Named => Site.Shop;

        public Site Unnamed => (Site)9;

        public string Text => "a,b";

        public char Letter => 'x';

        public Guid Guid => Guid.Empty;

        public DateTime Utc => start.AddMicroseconds(7);

        public DateTime Local => start.ToLocalTime();

        public DateTimeOffset Offset => new(2024, 2, 1, 0, 0, 0, TimeSpan.FromHours(2));

        public DateOnly Day => new(2024, 1, 31);

        public int? NoInt => null;

        public decimal? NoDecimal => null;

        public DateOnly? NoDay => null;

        public Site? NoSite => null;

        public string? NoText => null;

        public int[] Ints => [1, 2];

        public List<long?> SomeLongs => [3, null];

        public IEnumerable<string?> Texts => ["p", null, ""];

        public HashSet<Site> Sites => [Site.Mail];

        public float[]? NoFloats => null;

        public double[] Empty => [];
    }

    [Fact]
    public void Values_of_every_type_are_stored_as_they_are()
    {
        RowStore rows = new();
        Shard shard = Resolve(rows, rows.Add("all", [new Everything()]));
        (string Name, string Type, string Value)[] expected = [
            ("int8", "int8", "-8"), ("u_int8", "uint8", "8"), ("int16", "int16", "-16"), ("u_int16", "uint16", "16"), ("int32", "int32", "-32"), ("u_int32", "uint32", $"{uint.MaxValue}"),
            ("int64", "int64", $"{long.MinValue}"), ("u_int64", "uint64", $"{ulong.MaxValue}"), ("single", "float", $"{(double)0.1f:R}"), ("double", "double", "0.1"), ("decimal", "decimal(38,18)", "12.5"), ("bool", "bool", "1"),
            ("named", "string", "'Shop'"), ("unnamed", "string", "'9'"), ("text", "string", "'a,b'"), ("letter", "string", "'x'"), ("guid", "string", $"'{Guid.Empty}'"),
            ("utc", "timestamp", SecondReader.Time(start.AddMicroseconds(7))), ("local", "timestamp", SecondReader.Time(start)), ("offset", "timestamp", SecondReader.Time(start)), ("day", "date", SecondReader.Time(start.Date)),
            ("no_int", "int32", "null"), ("no_decimal", "decimal(38,18)", "null"), ("no_day", "date", "null"), ("no_site", "string", "null"), ("no_text", "string", "null"),
            ("ints", "list<int32>", "[1,2]"), ("some_longs", "list<int64>", "[3,null]"), ("texts", "list<string>", "['p',null,'']"), ("sites", "list<string>", "['Mail']"), ("no_floats", "list<float>", "[]"), ("empty", "list<double>", "[]")];
        Assert.Equal(expected, shard.Columns.Select(c => (c.Name, c.TypeName, SecondReader.OurRows(shard, c.Name)[0])));
    }

    [Fact]
    public void What_is_no_column_is_refused_when_it_is_added()
    {
        RowStore rows = new();
        Assert.Contains("NoColumns has no column", Assert.Throws<ArgumentException>(() => rows.Add("a", new NoColumns[1])).Message);
        Assert.Contains(".Thing: a Object is no column; use string", Assert.Throws<ArgumentException>(() => rows.Add("a", new[] { new { Label = 1, Thing = new object() } })).Message);
        Assert.Contains(".Bytes: a Byte[] is no column", Assert.Throws<ArgumentException>(() => rows.Add("a", new[] { new { Bytes = new byte[1] } })).Message);
        Assert.Contains("UserId and User_Id both are the column 'user_id'", Assert.Throws<ArgumentException>(() => rows.Add("a", new[] { new { UserId = 1, User_Id = 2 } })).Message);
        Assert.Throws<ArgumentException>(() => rows.Add("a*", new[] { new { Label = 1 } }));
        rows.Add("a", new[] { new { Label = 1 } });
        Assert.Contains("rows://a: there are rows of that name", Assert.Throws<ArgumentException>(() => rows.Add("a", new[] { new { Label = 1 } })).Message);
    }

    private sealed record NoColumns;

    [Fact]
    public async Task Bad_values_are_those_of_a_file_and_say_row_and_column()
    {
        async Task<string> Of<T>(params T[] bad)
        {
            RowStore rows = new();
            GpuCtrException failed = await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(Options("bad", rows.Add("bad", bad)) with { Stores = [rows] }));
            Assert.False(Directory.Exists(Folder.File("bad")));
            return $"{failed.Kind} {failed.Message}";
        }

        Assert.StartsWith("Data rows://bad: row group 0, row 1, column 'label': ", await Of(new { Label = (int?)1, User = 1, Weight = 1f }, new { Label = (int?)null, User = 2, Weight = 1f }));
        string path = new TestShard().Column("label", 0, 1).Column("user", 1, 2).Column("price", 1, double.NaN).Column("weight", 1f, 1f).Write(Folder.File("nan.parquet"));
        GpuCtrException ofFile = await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(Options("bad", path)));
        Assert.Equal($"{ofFile.Kind} {ofFile.Message.Replace(path, "rows://bad", StringComparison.Ordinal)}", await Of(new { Label = 0, User = 1, Price = 1.0, Weight = 1f }, new { Label = 1, User = 2, Price = double.NaN, Weight = 1f }));
        path = new TestShard().Column<int>("label").Column<int>("user").Column<float>("weight").Write(Folder.File("empty.parquet"));
        ofFile = await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(Options("bad", path)));
        Assert.Equal($"{ofFile.Kind} {ofFile.Message.Replace(path, "rows://bad", StringComparison.Ordinal)}", await Of(new[] { new { Label = 1, User = 1, Weight = 1f } }[..0]));
        Assert.StartsWith("Data rows://bad: row 1: the row is null", await Of(new { Label = 1 }, null));
        Assert.StartsWith("Data rows://bad: row 0, column 'x': its value cannot be read (OverflowException: 100000000000000000000 has more than 20 digits", await Of(new { Label = 1, X = 1e20m }));
        Assert.StartsWith("Data rows://bad: row 1, column 'x': its value cannot be read (DivideByZeroException", await Of(new Divided(1), new Divided(0)));
    }

    private sealed record Divided(int By)
    {
        public int X => 6 / By;
    }

    [Fact]
    public async Task A_sequence_that_fails_or_is_stopped_ends_the_run()
    {
        RowStore rows = new();
        GpuCtrException failed = await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(Options("bad", rows.Add("query", Failing())) with { Stores = [rows] }));
        Assert.Equal((ErrorKind.InputOutput, "rows://query: row 3: the rows end with an exception (TimeoutException: the database is gone)"), (failed.Kind, failed.Message));
        Assert.IsType<TimeoutException>(failed.InnerException);
        using CancellationTokenSource stop = new();
        string endless = rows.Add("endless", Enumerable.Range(0, int.MaxValue).Select(i =>
        {
            if (i == 100_000)
                stop.Cancel();
            return Of(i % Count);
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrTrainer.TrainAsync(Options("bad", endless) with { Stores = [rows] }, null, null, stop.Token));
        Assert.False(Directory.Exists(Folder.File("bad")));

        static IEnumerable<Click> Failing()
        {
            for (int i = 0; i < 3; i++)
                yield return Of(i);
            throw new TimeoutException("the database is gone");
        }
    }

    [Fact]
    public void Row_groups_end_at_so_many_rows_and_so_many_bytes()
    {
        RowStore rows = new();
        Shard many = Resolve(rows, rows.Add("many", Enumerable.Range(0, 70_000).Select(i => new { Label = i % 2 })));
        Assert.Equal([65_536, 70_000 - 65_536], many.RowGroups.Select(g => g.Rows));
        Shard long_ = Resolve(rows, rows.Add("long", Enumerable.Range(0, 5).Select(_ => new { Items = new long[1 << 20] })));
        Assert.Equal([2, 2, 1], long_.RowGroups.Select(g => g.Rows));
    }

    [Fact]
    public async Task Rows_of_a_query_are_read_once()
    {
        using DataTable table = new();
        table.Columns.Add("label", typeof(int));
        table.Columns.Add("User Id", typeof(long));
        table.Columns.Add("site", typeof(string));
        table.Rows.Add(1, 5L, "a");
        table.Rows.Add(0, DBNull.Value, DBNull.Value);
        using DataTableReader reader = table.CreateDataReader();
        RowStore rows = new("db");
        string address = rows.Add("clicks", reader);
        Shard shard = Resolve(rows, address);
        Assert.Equal([("label", "int32", "1 0"), ("User Id", "int64", "5 null"), ("site", "string", "'a' null")], shard.Columns.Select(c => (c.Name, c.TypeName, string.Join(' ', SecondReader.OurRows(shard, c.Name)))));
        Assert.Contains("add a new one for each run", (await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.InspectAsync(new InspectOptions { Shards = [address], Stores = [rows] }))).Message);
        table.Columns.Add("raw", typeof(byte[]));
        using DataTableReader raw = table.CreateDataReader();
        Assert.Contains("the query.raw: a Byte[] is no column; ", Assert.Throws<ArgumentException>(() => rows.Add("raw", raw)).Message);
    }

    private static Shard Resolve(RowStore rows, string address) => ShardSet.Resolve([address], new ShardStores([rows])).Shards[0];

    private static Click Of(int i)
    {
        Random random = new(i);
        long item = random.Next(50);
        long[] before = [.. Enumerable.Range(0, random.Next(6)).Select(_ => (long)random.Next(50))];
        return new(random.Next(50) < item, random.Next(60), (Site)random.Next(3), item, before, random.Next(5) == 0 ? null : random.Next(18, 80), random.NextDouble(), new DateTimeOffset(start.AddMinutes(i)).ToOffset(TimeSpan.FromHours(2)), 1 + random.Next(2));
    }

    private string Write(string name, Click[] clicks) => new TestShard()
        .Column("label", [.. clicks.Select(c => c.Label)]).Column("user", [.. clicks.Select(c => c.User)]).Text("site", [.. clicks.Select(c => c.Site.ToString())])
        .Column("item", [.. clicks.Select(c => c.Item)]).Lists("hist_item", [.. clicks.Select(c => c.Before.Select(i => (long?)i).ToArray())]).Nullable("age", [.. clicks.Select(c => c.Age)])
        .Column("price", [.. clicks.Select(c => c.Price)]).Column("created_at", [.. clicks.Select(c => c.CreatedAt.UtcDateTime)]).Column("weight", [.. clicks.Select(c => c.Weight)])
        .Write(Folder.File($"{name}.parquet"));

    private static async IAsyncEnumerable<Click> Later(Click[] clicks, [EnumeratorCancellation] CancellationToken stop = default)
    {
        foreach (Click click in clicks)
        {
            if (click.Item == 7)
                await Task.Yield();
            stop.ThrowIfCancellationRequested();
            yield return click;
        }
    }

    private TrainOptions Options(string name, string shards) => new()
    {
        Shards = [shards],
        Features = new FeatureOptions { Weight = "weight" },
        Model = m => m with { HiddenUnits = [8], EmbeddingDim = 2 },
        Epochs = 1,
        BatchSize = 128,
        Device = new DeviceOptions { Device = "cpu" },
        FitCache = "off",
        Out = Folder.File(name),
    };
}

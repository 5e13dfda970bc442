using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training.Tests.Library;

/// <summary>Shards that a program opens by itself are trained on, measured, scored and looked at as files are.</summary>
public sealed class ShardStoreTests : OwnFolder
{
    private readonly MemoryStore store = new();

    public ShardStoreTests()
    {
        foreach (string name in new[] { "day=1/a.parquet", "day=2/b.parquet" })
        {
            string file = Folder.File($"files/{name}");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            store.Shards[$"clicks/{name}"] = File.ReadAllBytes(PlantedShards.Write(file, 600, name.Length + name[4]));
        }
    }

    [Fact]
    public async Task Two_trainings_at_once_with_stores_of_their_own_end_in_the_weights_of_files()
    {
        string files = await HashAsync(Options("of-files", Folder.File("files")));
        MemoryStore forward = new() { Stream = bytes => new ForwardStream(bytes), Listed = (name, _) => new(name) };
        foreach ((string name, byte[] bytes) in store.Shards)
            forward.Shards[name] = bytes;
        // The same addresses are different places in the two runs.
        Task<string> first = HashAsync(Options("memory", "mem://clicks") with { Stores = [store] }), second = HashAsync(Options("forward", "MEM://clicks/**.parquet") with { Stores = [forward] });
        Assert.Equal(files, await first);
        Assert.Equal(files, await second);
        Assert.All(store.Shards.Keys, name => Assert.Equal(1, forward.Opened.Count(o => o == name)));
    }

    [Fact]
    public async Task Fits_are_known_by_content_wherever_it_is()
    {
        FitLog log = new();
        string fits = Folder.File("fits");
        await CtrTrainer.TrainAsync(Options("of-files", Folder.File("files")) with { FitCache = fits }, logger: log);
        Assert.False(log.Knew);
        await CtrTrainer.TrainAsync(Options("memory", "mem://clicks") with { Stores = [store], FitCache = fits }, logger: log);
        Assert.True(log.Knew);
    }

    [Fact]
    public async Task A_run_is_measured_scored_and_inspected_from_a_store_that_lists_nothing()
    {
        MemoryStore named = new("blob") { Lists = false };
        named.Shards["all"] = store.Shards["clicks/day=1/a.parquet"];
        TrainingResult run = await CtrTrainer.TrainAsync(Options("run", "blob://all") with { Stores = [named] });
        DeviceOptions device = new() { Device = "cpu" };
        EvaluateOptions evaluate = new() { Model = run.Best, Shards = ["blob://all"], Device = device };
        string file = Folder.File("files/day=1/a.parquet");
        Assert.Equal((await CtrRuns.EvaluateAsync(evaluate with { Shards = [file] })).Auc, (await CtrRuns.EvaluateAsync(evaluate with { Stores = [named] })).Auc);
        PredictOptions predict = new() { Model = run.Best, Shards = ["blob://all"], Device = device, Keep = ["user"] };
        await CtrRuns.PredictAsync(predict with { Shards = [file], Out = Folder.File("of-file.parquet") });
        await CtrRuns.PredictAsync(predict with { Stores = [named], Out = Folder.File("of-store.parquet") });
        Assert.Equal(File.ReadAllBytes(Folder.File("of-file.parquet")), File.ReadAllBytes(Folder.File("of-store.parquet")));
        Assert.Equal(600, (await CtrRuns.InspectAsync(new InspectOptions { Shards = ["blob://all"], Stores = [named] })).Found.Rows);
        Assert.Contains("nothing can be written", (await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.InspectAsync(new InspectOptions { Shards = ["blob://all"], Stores = [named], WriteManifest = true }))).Message);
    }

    [Fact]
    public async Task A_run_goes_on_with_equal_content_and_refuses_another()
    {
        store.Listed = (n, b) => new(n, b.Length, $"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(b))[..8]}");
        string whole = await HashAsync(Options("whole", "mem://clicks") with { Stores = [store], Epochs = 2 });
        await HashAsync(Options("run", "mem://clicks") with { Stores = [store] });
        TrainOptions again = new() { Out = Folder.File("run"), Resume = true, Epochs = 2 };
        Assert.Contains("no store opens mem://", (await FailsAsync(again)).Message);
        Assert.Equal(whole, await HashAsync(again with { Stores = [store] }));
        store.Shards["clicks/day=1/a.parquet"] = File.ReadAllBytes(PlantedShards.Write(Folder.File("other.parquet"), 600, 77));
        GpuCtrException changed = await FailsAsync(again with { Stores = [store], Epochs = 3 });
        Assert.Equal(ErrorKind.Usage, changed.Kind);
        Assert.Contains("train_shards", changed.Message);
        Assert.Contains("mem://clicks/day=1/a.parquet", changed.Message);
    }

    [Fact]
    public void Folders_patterns_partitions_and_manifests_are_those_of_files()
    {
        store.Shards["clicks/_hidden.parquet"] = [1];
        string hash = $"{ShardSet.Resolve([Folder.File("files/day=1/a.parquet")]).Shards[0].ContentHash():x16}";
        store.Shards["clicks/day=1/_manifest.json"] = JsonSerializer.SerializeToUtf8Bytes(
            new { format = 1, shards = new Dictionary<string, object> { ["a.parquet"] = new { bytes = store.Shards["clicks/day=1/a.parquet"].Length, rows = 600, xxh3 = hash } } });
        ShardSet all = Resolve("mem://clicks");
        Assert.Equal(["mem://clicks/day=1/a.parquet", "mem://clicks/day=2/b.parquet"], all.Shards.Select(s => s.Path));
        Assert.NotNull(all.Column("day"));
        Assert.Contains(all.Notes, n => n.Contains("1 file(s) whose names", StringComparison.Ordinal));
        Assert.Contains(all.Notes, n => n.StartsWith("mem://clicks/day=1/_manifest.json: 1 shard(s) are as listed", StringComparison.Ordinal));
        Assert.Equal(["mem://clicks/day=2/b.parquet"], Resolve("mem://clicks/*/b.*").Shards.Select(s => s.Path));
        store.Shards["clicks/day=1/a.parquet"][100] ^= 1;
        Fails(ErrorKind.Data, "mem://clicks/day=1/a.parquet: its content has the XXH3", "mem://clicks");
    }

    [Fact]
    public void Whatever_goes_wrong_names_the_shard_as_the_program_does()
    {
        const string one = "mem://clicks/day=1/a.parquet";
        Fails(ErrorKind.Usage, "az://x: no store opens az://", "az://x");
        Fails(ErrorKind.Usage, "mem://none: no such object", "mem://none");
        Fails(ErrorKind.Usage, "mem://none/*: no such object", "mem://none/*");
        store.Stream = bytes => new MemoryStream(bytes, 0, bytes.Length - 9, writable: false);
        Fails(ErrorKind.Data, $"{one}: it had {store.Shards["clicks/day=1/a.parquet"].Length} bytes, and its stream has ", one);
        store.Stream = bytes => new EndsEarly(bytes);
        Fails(ErrorKind.Data, $"{one}: its stream ends after", one);
        store.Stream = _ => throw new TimeoutException("no answer");
        Assert.IsType<TimeoutException>(Fails(ErrorKind.InputOutput, $"{one}: the store of mem:// failed (TimeoutException: no answer)", one).InnerException);
        // The timeout of a client, which nobody asked to stop.
        store.Stream = _ => throw new TaskCanceledException("a timeout");
        Fails(ErrorKind.InputOutput, $"{one}: the store of mem:// failed (TaskCanceledException: a timeout)", one);
        MemoryStream shared = new(store.Shards["clicks/day=1/a.parquet"]);
        store.Stream = _ => shared;
        Fails(ErrorKind.InputOutput, "gave a stream that is closed", one, read: "label");
        store.Stream = _ => new MemoryStream([1, 2, 3]);
        store.Listed = (name, _) => new(name);
        Fails(ErrorKind.Data, $"{one}: not a Parquet file", one);
        Assert.Throws<ArgumentException>(() => new MemoryStore("no scheme"));
        using ShardStores twice = new([store, new MemoryStore("Mem")]);
        Assert.Contains("two stores open mem://", Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([one], twice)).Message);
    }

    [Fact]
    public async Task A_store_that_is_asked_while_the_run_is_stopped_ends_it()
    {
        using CancellationTokenSource stop = new();
        ShardStore slow = ShardStore.Of("slow", async (_, cancelled) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancelled);
            return null;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrTrainer.TrainAsync(Options("stopped", "slow://x") with { Stores = [slow] }, null, null, stop.Token));
        Assert.False(Directory.Exists(Folder.File("stopped")));
    }

    [Fact]
    public void Temporary_files_have_no_name_and_are_closed_with_the_run()
    {
        using (FileStream file = TemporaryFile.Create())
            Assert.Equal(OperatingSystem.IsWindows(), File.Exists(file.Name));
        store.Stream = bytes => new ForwardStream(bytes);
        ShardStores run = new([store]);
        Shard shard = ShardSet.Resolve(["mem://clicks"], run).Shards[0];
        Assert.Equal(600, SecondReader.OurRows(shard, "label").Count);
        run.Dispose();
        Assert.ThrowsAny<Exception>(() => SecondReader.OurRows(shard, "label"));
    }

    private ShardSet Resolve(string pattern) => ShardSet.Resolve([pattern], new ShardStores([store]));

    private GpuCtrException Fails(ErrorKind kind, string text, string pattern, string? read = null)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() =>
        {
            Shard shard = Resolve(pattern).Shards[0];
            if (read is not null)
                SecondReader.OurRows(shard, read);
        });
        Assert.Contains(text, failure.Message);
        Assert.Equal(kind, failure.Kind);
        return failure;
    }

    private TrainOptions Options(string name, string shards) => new()
    {
        Shards = [shards],
        Model = m => m with { HiddenUnits = [8], EmbeddingDim = 2 },
        Features = new FeatureOptions { Exclude = shards.Contains("all", StringComparison.Ordinal) ? [] : ["day"] },
        Epochs = 1,
        BatchSize = 128,
        Device = new DeviceOptions { Device = "cpu" },
        FitCache = "off",
        Out = Folder.File(name),
    };

    private static async Task<string> HashAsync(TrainOptions options) => (await CtrTrainer.TrainAsync(options)).Metrics.WeightsHash;

    private static Task<GpuCtrException> FailsAsync(TrainOptions options) => Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(options));

    /// <summary>Says that it is longer than it is.</summary>
    private sealed class EndsEarly(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..(int)Math.Clamp(Length - 100 - Position, 0, buffer.Length)]);
    }
}

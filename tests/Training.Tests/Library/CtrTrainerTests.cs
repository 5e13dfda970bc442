using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Training.Checkpoints;
using Microsoft.Extensions.Logging;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Library;

/// <summary>Training called by a program.</summary>
public sealed class CtrTrainerTests(TrainedRun run) : OwnFolder, IClassFixture<TrainedRun>
{
    /// <summary>The options of <see cref="TrainedRun"/>, as a program says them.</summary>
    private TrainOptions Options(string name) => new()
    {
        Shards = [run.Train],
        Test = [run.Test],
        Features = new FeatureOptions { GroupId = "user" },
        Model = m => m with { HiddenUnits = [32, 16], EmbeddingDim = 4 },
        Epochs = 2,
        BatchSize = 512,
        LearningRate = 0.01,
        Device = new DeviceOptions { Device = "cpu" },
        FitCache = Folder.File("fits"),
        Out = Folder.File(name),
    };

    private string ByCommand => run.Metrics.GetProperty("weights_hash").GetString()!;

    [Fact]
    public async Task Two_trainings_and_a_model_that_scores_share_a_process_and_end_as_the_command_does()
    {
        using CtrModel model = CtrModel.Load(run.Run);
        float Score() => model.Score(model.NewRow().Set("item", 1_000_000_007L).Set("site", "site3").Set("price", 0.5));
        float alone = Score();
        // Both fit the same rows, and save the fit at the same place.
        Task<TrainingResult> first = CtrTrainer.TrainAsync(Options("first")), second = CtrTrainer.TrainAsync(Options("second"));
        do
        {
            Assert.Equal(alone, Score());
        }
        while (!first.IsCompleted || !second.IsCompleted);
        Assert.Equal(ByCommand, (await first).Metrics.WeightsHash);
        Assert.Equal(ByCommand, (await second).Metrics.WeightsHash);
        using CtrModel trained = CtrModel.Load((await first).Best);
        Assert.Equal(alone, trained.Score(trained.NewRow().Set("item", 1_000_000_007L).Set("site", "site3").Set("price", 0.5)));
    }

    [Fact]
    public async Task The_result_has_what_the_command_prints()
    {
        TrainingResult result = await CtrTrainer.TrainAsync(Options("run"));
        Assert.Equal(Folder.File("run"), result.Folder);
        Assert.Equal(run.Metrics.GetProperty("auc").GetDouble(), result.Metrics.Auc);
        Assert.Equal(run.Metrics.GetProperty("gauc").GetDouble(), result.Metrics.Gauc);
        Assert.Equal([1, 2], result.Epochs.Select(e => e.Epoch));
        Assert.Equal(result.Metrics.ValidAuc, result.Epochs.Last(e => e.Best).ValidAuc);
        Assert.All([result.Best, result.Last], path => Assert.True(File.Exists(path)));
        // What the run was asked to do can be typed: it is how the command was called, but for places.
        string typed = JsonDocument.Parse(File.ReadAllText(Path.Combine(result.Folder, "config.json"))).RootElement.GetProperty("command_line").GetString()!;
        Assert.StartsWith($"gpu-ctr train {run.Train} --test {run.Test} --group-id user", typed);
        string[] again = [.. typed.Split(' ')[1..].Select(a => a == result.Folder ? Folder.File("typed") : a), "--json"];
        Assert.Contains(ByCommand, RunAsTyped(again).Succeeded().Out);
    }

    [Fact]
    public async Task Progress_and_log_say_what_is_being_done()
    {
        Told<TrainingProgress> progress = new();
        TestLogger log = new();
        TrainingResult result = await CtrTrainer.TrainAsync(Options("run"), progress, log);
        TrainingProgress[] ends = [.. progress.All.Where(p => p.Share == 1 && p.Epoch > 0)];
        Assert.Equal(["epoch 1/2", "epoch 1/2 valid", "epoch 2/2", "epoch 2/2 valid", "test"], ends.Select(p => p.Activity).Distinct());
        TrainingProgress first = ends[0];
        Assert.Equal((1, result.Epochs[0].Step), (first.Epoch, (int)first.Step));
        Assert.True(first.Rows == first.TotalRows && first.Rows > 17_000 && first.RowsPerSecond > 0 && first.Loss is > 0.1 and < 1);
        Assert.Contains(log.Lines, l => l.Level == LogLevel.Information && l.Text.Contains("epoch 2", StringComparison.Ordinal) && l.Text.Contains("valid AUC", StringComparison.Ordinal));
        Assert.Contains(log.Lines, l => l.Values.Any(v => v is { Key: "valid AUC" }));
        Assert.Contains(log.Lines, l => l.Text.Contains(result.Metrics.WeightsHash, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_run_says_how_to_go_on_and_ends_with_the_same_bits()
    {
        using CancellationTokenSource stop = new();
        Told<TrainingProgress> progress = new(p =>
        {
            if (p is { Epoch: 1, Step: > 0 })
                stop.Cancel();
        });
        OperationCanceledException stopped = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrTrainer.TrainAsync(Options("run"), progress, null, stop.Token));
        Assert.Equal(stop.Token, stopped.CancellationToken);
        Assert.Contains("epoch 1", stopped.Message);
        Assert.Contains(Folder.File("run"), stopped.Message);
        Assert.Contains("Resume = true", stopped.Message);
        Assert.Equal(1, Checkpoint.Open(FaultRun.Pointed(Folder.File("run"), "last")).Manifest.Position.Epoch);
        TrainingResult whole = await CtrTrainer.TrainAsync(new TrainOptions { Out = Folder.File("run"), Resume = true });
        Assert.Equal(ByCommand, whole.Metrics.WeightsHash);
        Assert.Equal(2, whole.Epochs.Count);
    }

    [Fact]
    public async Task A_run_of_the_command_goes_on_in_a_program()
    {
        string folder = Folder.File("run");
        Run(["train", run.Train, "--test", run.Test, "--group-id", "user", "--epochs", "1", "--out", folder, "--json", .. TrainedRun.SmallModel]).Succeeded();
        TrainingResult whole = await CtrTrainer.TrainAsync(new TrainOptions { Out = folder, Resume = true, Epochs = 2 });
        Assert.Equal(ByCommand, whole.Metrics.WeightsHash);
    }

    [Fact]
    public async Task Every_failure_is_one_type_with_kind_and_place()
    {
        async Task<GpuCtrException> Fails(TrainOptions options) => await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(options));
        TrainOptions good = Options("failed");
        Assert.Equal(ErrorKind.Usage, (await Fails(good with { Shards = [Folder.File("absent.parquet")] })).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(good with { Epochs = 0 })).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(good with { Out = run.Run })).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(good with { Variant = "fuxictr", ModelName = "dien" })).Kind);
        Assert.Equal(ErrorKind.Device, (await Fails(good with { Device = new DeviceOptions { Device = "cuda:99" } })).Kind);
        Assert.Equal(ErrorKind.Fault, (await Fails(good with { Model = _ => throw new InvalidOperationException("of the program") })).Kind);
        string text = Folder.File("text.parquet");
        File.WriteAllText(text, "label,user\n1,2\n");
        GpuCtrException broken = await Fails(good with { Shards = [text] });
        Assert.Equal((ErrorKind.Data, new DataPlace(text)), (broken.Kind, broken.Place));
        string bad = new TestShard().Column("label", [0, 1, 7, 1]).Column("user", [1, 2, 3, 4]).Write(Folder.File("bad.parquet"), groupRows: 2);
        GpuCtrException label = await Fails(good with { Shards = [bad], Test = [], Features = new FeatureOptions() });
        Assert.Equal((ErrorKind.Data, new DataPlace(bad, 1, 2, "label")), (label.Kind, label.Place));
        Assert.StartsWith($"{label.Place}: label 7 is neither 0 nor 1", label.Message);
        Assert.Throws<ArgumentNullException>(() => { _ = CtrTrainer.TrainAsync(null!); });
    }

    [Fact]
    [Trait("Speed", "Fast")]
    public void Below_the_command_line_nothing_writes_to_a_console_or_changes_the_process()
    {
        string[] words = ["Console.", "SetCurrentDirectory", "Environment.ExitCode", "CultureInfo.CurrentCulture ="];
        string[] found = [.. from project in new[] { "Kernels", "Models", "Data", "Training" }
                             from file in Directory.GetFiles(Path.Combine(Repository.Root, "src", project), "*.cs", SearchOption.AllDirectories)
                             where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                             from line in File.ReadLines(file)
                             where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && words.Any(w => line.Contains(w, StringComparison.Ordinal))
                             select $"{file}: {line.Trim()}"];
        Assert.Empty(found);
    }

    /// <summary>Keeps what is reported, on the thread that reports it.</summary>
    private sealed class Told<T>(Action<T>? then = null) : IProgress<T>
    {
        public List<T> All { get; } = [];

        public void Report(T value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }

    private sealed class TestLogger : ILogger
    {
        public List<(LogLevel Level, string Text, IReadOnlyList<KeyValuePair<string, object?>> Values)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>> ?? []));
    }
}

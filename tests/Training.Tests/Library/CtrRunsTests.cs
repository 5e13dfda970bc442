using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Library;

/// <summary>What a program does with a trained run.</summary>
public sealed class CtrRunsTests(TrainedRun run) : OwnFolder, IClassFixture<TrainedRun>
{
    [Theory]
    [InlineData("onnx")]
    [InlineData("safetensors")]
    public async Task An_export_is_that_of_the_command_byte_for_byte(string format)
    {
        string typed = Folder.File("typed/model"), called = Folder.File("called/model");
        Run("export", "--model", run.Run, "--format", format, "--out", typed).Succeeded();
        ExportResult result = await CtrRuns.ExportAsync(new ExportOptions { Model = run.Run, Format = format, Out = called });
        Assert.Equal((called, format, "deepfm", new FileInfo(called).Length), (result.Out, result.Format, result.Model, result.Bytes));
        Assert.Equal(File.ReadAllBytes(typed), File.ReadAllBytes(called));
        Assert.Equal(Files(Path.ChangeExtension(typed, ".features")), Files(result.Features));
    }

    [Fact]
    public async Task Scores_are_those_of_the_command_byte_for_byte()
    {
        string typed = Folder.File("typed.parquet"), called = Folder.File("called.parquet");
        Run("predict", "--model", run.Run, run.Test, "--out", typed, "--keep", "user", "--device", "cpu").Succeeded();
        ConcurrentQueue<WorkProgress> told = [];
        PredictResult result = await CtrRuns.PredictAsync(Options(called) with { Keep = ["user"] }, new Told(told.Enqueue));
        Assert.Equal((called, 5000, 0), (result.Out, result.Rows, result.BadRows));
        Assert.Equal(File.ReadAllBytes(typed), File.ReadAllBytes(called));
        Assert.Equal(("predict", 5000, 1), (told.Last().Activity, told.Last().Rows, told.Last().Share));
    }

    [Fact]
    public async Task Scores_that_cannot_be_say_why_and_leave_nothing()
    {
        string path = Folder.File("scores.parquet");
        async Task<ErrorKind> Fails(PredictOptions options) => (await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.PredictAsync(options))).Kind;
        Assert.Equal(ErrorKind.Usage, await Fails(Options(path) with { Model = null }));
        Assert.Equal(ErrorKind.Usage, await Fails(Options(path) with { Top = 3 }));
        Assert.Equal(ErrorKind.Usage, await Fails(Options(path) with { BatchSize = 0 }));
        Assert.Equal(ErrorKind.Usage, await Fails(Options(path) with { Shards = [] }));
        using CancellationTokenSource stop = new();
        OperationCanceledException stopped = await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            CtrRuns.PredictAsync(Options(path), null, new Stopper(stop), stop.Token));
        Assert.Contains("no scores were written", stopped.Message);
        Assert.Empty(Directory.GetFileSystemEntries(Folder.Path));
    }

    [Fact]
    public async Task Metrics_are_those_of_the_command()
    {
        JsonElement typed = JsonDocument.Parse(Run("evaluate", "--model", run.Run, run.Test, "--json", "--device", "cpu").Succeeded().Out).RootElement;
        ConcurrentQueue<WorkProgress> told = [];
        EvaluateOptions options = new() { Model = run.Run, Shards = [run.Test], Device = new DeviceOptions { Device = "cpu" } };
        EvaluateResult called = await CtrRuns.EvaluateAsync(options, new Told(told.Enqueue));
        Assert.Equal(
            (typed.GetProperty("auc").GetDouble(), typed.GetProperty("logloss").GetDouble(), typed.GetProperty("calibration").GetDouble(), typed.GetProperty("weights_hash").GetString()),
            (called.Auc, called.Logloss, called.Calibration, called.WeightsHash));
        Assert.Equal((5000, 10), (called.Rows, called.CalibrationBins.Count));
        Assert.Equal(("evaluate", 5000, 1), (told.Last().Activity, told.Last().Rows, told.Last().Share));
        async Task<ErrorKind> Fails(EvaluateOptions wrong) => (await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.EvaluateAsync(wrong))).Kind;
        Assert.Equal(ErrorKind.Usage, await Fails(options with { Model = null }));
        Assert.Equal(ErrorKind.Usage, await Fails(options with { Sampled = 3 }));
        Assert.Equal(ErrorKind.Usage, await Fails(options with { BatchSize = 0 }));
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrRuns.EvaluateAsync(options, null, new Stopper(stop), stop.Token));
    }

    [Fact]
    public async Task An_inspection_is_that_of_the_command()
    {
        string typed = Run("inspect", run.Test, "--json").Succeeded().Out;
        ConcurrentQueue<WorkProgress> told = [];
        InspectOptions options = new() { Shards = [run.Test] };
        InspectResult called = await CtrRuns.InspectAsync(options, new Told(told.Enqueue));
        Assert.Equal(typed.Trim(), Data.JsonText.Line(called.Found));
        Assert.Equal((5000, 0, 0), (called.Found.Rows, called.Unreadable.Count, called.Manifests.Count));
        Assert.Equal(("rows", 5000, 1), (told.Last().Activity, told.Last().Rows, told.Last().Share));
        async Task<ErrorKind> Fails(InspectOptions wrong) => (await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.InspectAsync(wrong))).Kind;
        Assert.Equal(ErrorKind.Usage, await Fails(options with { Shards = [] }));
        Assert.Equal(ErrorKind.Usage, await Fails(options with { Threads = -1 }));
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrRuns.InspectAsync(options, null, null, stop.Token));
    }

    private PredictOptions Options(string path) => new() { Model = run.Run, Shards = [run.Test], Out = path, Device = new DeviceOptions { Device = "cpu" } };

    private sealed class Told(Action<WorkProgress> then) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => then(value);
    }

    /// <summary>Cancels at the first line, which comes before the first row is scored.</summary>
    private sealed class Stopper(CancellationTokenSource stop) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => stop.Cancel();
    }

    [Fact]
    public async Task An_export_that_cannot_be_says_why_and_leaves_nothing()
    {
        string path = Folder.File("new/model.onnx");
        async Task<GpuCtrException> Fails(ExportOptions options) => await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.ExportAsync(options));
        Assert.Equal(ErrorKind.Usage, (await Fails(new ExportOptions())).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(new ExportOptions { Model = run.Run, Format = "pickle", Out = path })).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(new ExportOptions { Model = Folder.File("absent"), Out = path })).Kind);
        Assert.False(Directory.Exists(Folder.File("new")));
        using CancellationTokenSource stop = new();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrRuns.ExportAsync(new ExportOptions { Model = run.Run, Out = path }, null, stop.Token));
        Assert.False(File.Exists(path));
    }

    private static string[] Files(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexString(File.ReadAllBytes(f))}")];
}

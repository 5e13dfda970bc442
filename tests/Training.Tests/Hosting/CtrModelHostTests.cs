using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using GpuCtr.Hosting;
using GpuCtr.Training.Checkpoints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Training.Tests.Hosting;

/// <summary>Models follow each other while requests go on.</summary>
public sealed class CtrModelHostTests(TwoSmallRuns runs) : IClassFixture<TwoSmallRuns>, IDisposable
{
    private const int Requests = 4, Swaps = 30;

    private static readonly ScoringOptions small = new() { Concurrency = 2, BatchRows = 16 };

    private readonly ServedRun served = new();
    private readonly ConcurrentQueue<string> told = [];

    public void Dispose() => served.Dispose();

    [Fact]
    public async Task Swaps_under_load_fail_no_request_and_leave_no_model_behind()
    {
        float[] expected = [.. runs.All.Select(ScoreOf)];
        served.Publish(runs.All[0]);
        using CtrModelHost host = await Started();
        bool over = false;
        ConcurrentBag<float> scores = [];
        Task[] requests = [.. Enumerable.Range(0, Requests).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref over))
                    scores.Add(Request(host));
            },
            TaskCreationOptions.LongRunning))];
        List<WeakReference> models = [];
        for (int i = 1; i <= Swaps; i++)
        {
            models.Add(ModelOf(host));
            string checkpoint = served.Publish(runs.All[i % 2]);
            Assert.True(host.Refresh(), host.State!.Failure);
            Assert.Equal(checkpoint, host.State!.Checkpoint);
            Assert.Equal(expected[i % 2], Request(host));
        }

        Volatile.Write(ref over, true);
        await Task.WhenAll(requests);
        Assert.All(scores, s => Assert.Contains(s, expected));
        Assert.Equal(expected.Order(), scores.Distinct().Order());
        Assert.Equal(Swaps + 1, told.Count(t => t.StartsWith("Information: serves", StringComparison.Ordinal)));
        Collect(models);
        Assert.DoesNotContain(models, m => m.IsAlive);
    }

    [Fact]
    public async Task A_request_keeps_its_model_until_its_end()
    {
        served.Publish(runs.All[0]);
        using CtrModelHost host = await Started();
        CtrModel old;
        using (ModelLease lease = host.Rent())
        {
            old = lease.Model;
            FeatureRow row = Fill(lease.NewRow());
            served.Publish(runs.All[1]);
            Assert.True(host.Refresh());
            Assert.Equal(ScoreOf(runs.All[0]), lease.Model.Score(row));
            Assert.Equal(ScoreOf(runs.All[0]), old.Score(Fill(lease.NewRow())));
        }

        Assert.Throws<ObjectDisposedException>(() => old.NewRow());
        Assert.Equal(ScoreOf(runs.All[1]), Request(host));
    }

    [Theory]
    [InlineData("hash", "does not match its hash")]
    [InlineData("missing", "missing")]
    [InlineData("scores", "the rows do not have the scores that training measured")]
    [InlineData("manifest", "nothing.json")]
    public async Task A_broken_model_is_refused_once_and_a_good_one_takes_over(string what, string said)
    {
        served.Publish(runs.All[0]);
        using CtrModelHost host = await Started();
        CtrModelHealthCheck health = new(host);
        string good = host.State!.Checkpoint;
        served.Publish(runs.All[1], copy => Break(copy, what));
        for (int i = 0; i < 3; i++)
            Assert.False(host.Refresh());
        Assert.Contains(said, host.State!.Failure);
        Assert.Equal(good, host.State.Checkpoint);
        Assert.Equal(ScoreOf(runs.All[0]), Request(host));
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync(new())).Status);
        Assert.Contains(said, Assert.Single(told, t => t.StartsWith("Error: still serving", StringComparison.Ordinal)));

        served.Publish(runs.All[1]);
        Assert.True(host.Refresh());
        Assert.Null(host.State!.Failure);
        Assert.Equal(ScoreOf(runs.All[1]), Request(host));
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new())).Status);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(3_600_000)]
    public async Task It_notices_a_new_model_by_itself_by_looking_and_by_being_told(int pollMs)
    {
        served.Publish(runs.All[0]);
        using CtrModelHost host = await Started(pollMs);
        string checkpoint = served.Publish(runs.All[1]);
        Patience.Ends(() => SpinWait.SpinUntil(() => host.State!.Checkpoint == checkpoint));
        await host.StopAsync(default);
        served.Publish(runs.All[0]);
        Assert.Equal(ScoreOf(runs.All[1]), Request(host));
    }

    [Fact]
    public async Task A_link_may_move_to_another_run()
    {
        string link = served.Folder.File("current");
        Directory.CreateSymbolicLink(link, runs.All[0]);
        using CtrModelHost host = new(new() { Model = link, Scoring = small });
        await host.StartAsync(default);
        Directory.Delete(link);
        Assert.False(host.Refresh());
        Directory.CreateSymbolicLink(link, runs.All[1]);
        Assert.True(host.Refresh());
        Assert.Equal(ScoreOf(runs.All[1]), Request(host));
    }

    [Fact]
    public async Task A_host_without_a_model_says_so()
    {
        using CtrModelHost host = new(new() { Model = served.Path });
        Assert.Contains("StartAsync", Assert.Throws<InvalidOperationException>(() => host.Rent()).Message);
        Assert.Equal(HealthStatus.Unhealthy, (await new CtrModelHealthCheck(host).CheckHealthAsync(new())).Status);
        Assert.Contains("no such run", (await Assert.ThrowsAsync<GpuCtrException>(() => host.StartAsync(default))).Message);
        host.Dispose();
        Assert.Throws<ObjectDisposedException>(() => host.Rent());
        Assert.Throws<ArgumentOutOfRangeException>(() => new CtrModelHost(new() { Model = served.Path, PollInterval = default }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CtrModelHost(new() { Model = served.Path, PollInterval = TimeSpan.MaxValue }));
    }

    [Theory]
    [InlineData(typeof(OutOfMemoryException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(NullReferenceException))]
    public async Task Whatever_ends_a_load_is_said_and_the_watch_goes_on(Type failure)
    {
        bool fails = false;
        using CtrModelHost host = await Started(10, (path, how) => Volatile.Read(ref fails) ? throw (Exception)Activator.CreateInstance(failure)! : CtrModel.Load(path, how));
        Volatile.Write(ref fails, true);
        string checkpoint = served.Publish(runs.All[1]);
        Patience.Ends(() => SpinWait.SpinUntil(() => host.State!.Failure is not null));
        Assert.StartsWith(failure.Name, host.State!.Failure);
        Assert.Equal(ScoreOf(runs.All[0]), Request(host));
        Volatile.Write(ref fails, false);
        Patience.Ends(() => SpinWait.SpinUntil(() => host.State!.Checkpoint == checkpoint));
        Assert.Equal(ScoreOf(runs.All[1]), Request(host));
    }

    [Fact]
    public async Task Loggers_and_listeners_of_the_application_that_fail_change_nothing()
    {
        using MeterListener listener = new() { InstrumentPublished = (i, to) => { if (i.Name.StartsWith("gpu_ctr.model", StringComparison.Ordinal)) to.EnableMeasurementEvents(i); } };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("a listener"));
        listener.Start();
        served.Publish(runs.All[0]);
        using CtrModelHost host = new(OptionsOf(10), new BrokenLogger());
        await host.StartAsync(default);
        served.Publish(runs.All[1], copy => Break(copy, "scores"));
        Patience.Ends(() => SpinWait.SpinUntil(() => host.State!.Failure is not null));
        string checkpoint = served.Publish(runs.All[1]);
        Patience.Ends(() => SpinWait.SpinUntil(() => host.State!.Checkpoint == checkpoint));
        Assert.Equal(ScoreOf(runs.All[1]), Request(host));
    }

    [Fact]
    public async Task A_load_that_hangs_holds_up_neither_stop_nor_dispose_and_its_model_is_freed()
    {
        using ManualResetEventSlim go = new(true), hangs = new();
        CtrModel late = null!;
        CtrModelHost host = await Started(10, (path, how) =>
        {
            if (!go.IsSet)
                hangs.Set();
            go.Wait();
            return late = CtrModel.Load(path, how);
        });
        go.Reset();
        served.Publish(runs.All[1]);
        Assert.True(hangs.Wait(Patience.Limit));
        await host.StopAsync(new CancellationToken(canceled: true));
        Assert.Equal(ScoreOf(runs.All[0]), Request(host));
        host.Dispose();
        Task stopped = host.StopAsync(default);
        Assert.False(stopped.IsCompleted);
        go.Set();
        await stopped;
        Assert.Throws<ObjectDisposedException>(() => late.NewRow());
        Assert.Null(host.State);
        Assert.DoesNotContain(told, t => t.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public void An_application_gets_the_host_its_start_and_its_health_check()
    {
        ServiceCollection services = new();
        services.AddCtrModel(new() { Model = served.Path });
        Assert.Equal([typeof(CtrModelHost), typeof(CtrModelHealthCheck), typeof(IHostedService)], services.Select(s => s.ServiceType));
    }

    private static void Break(string copy, string what)
    {
        string weights = Path.Combine(copy, "model.safetensors");
        if (what == "missing")
        {
            File.Delete(weights);
        }
        else if (what == "scores")
        {
            ServedRun.ChangeScores(copy, score => 1 - score);
        }
        else if (what == "manifest")
        {
            ServedRun.ChangeManifest(copy, manifest => manifest["files"]!["nothing.json"] = manifest["files"]![CanaryRow.File]!.DeepClone());
        }
        else
        {
            byte[] bytes = File.ReadAllBytes(weights);
            bytes[^1] ^= 1;
            File.WriteAllBytes(weights, bytes);
        }
    }

    private Task<CtrModelHost> Started(int pollMs, Func<string, ScoringOptions, CtrModel> load)
    {
        served.Publish(runs.All[0]);
        return Started(new CtrModelHost(OptionsOf(pollMs), new ToldLogger(told)) { Load = load });
    }

    private Task<CtrModelHost> Started(int pollMs = 3_600_000) => Started(new CtrModelHost(OptionsOf(pollMs), new ToldLogger(told)));

    private CtrModelHostOptions OptionsOf(int pollMs) => new() { Model = served.Path, Scoring = small, PollInterval = TimeSpan.FromMilliseconds(pollMs) };

    private static async Task<CtrModelHost> Started(CtrModelHost host)
    {
        await host.StartAsync(default);
        return host;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ModelOf(CtrModelHost host)
    {
        using ModelLease lease = host.Rent();
        return new WeakReference(lease.Model);
    }

    /// <summary>The last models may still be in registers of threads that are ending.</summary>
    private static void Collect(List<WeakReference> models) => Patience.Ends(() => SpinWait.SpinUntil(() =>
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return models.TrueForAll(m => !m.IsAlive);
    }));

    private static float Request(CtrModelHost host)
    {
        using ModelLease lease = host.Rent();
        return lease.Model.Score(Fill(lease.NewRow()));
    }

    private static FeatureRow Fill(FeatureRow row) => row.Set("item", 3).Set("tags", [1L, 2L]);

    private static float ScoreOf(string run)
    {
        using CtrModel model = CtrModel.Load(run);
        return model.Score(Fill(model.NewRow()));
    }

    private sealed class BrokenLogger : ILogger<CtrModelHost>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new InvalidOperationException("a logger");
    }

    private sealed class ToldLogger(ConcurrentQueue<string> told) : ILogger<CtrModelHost>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => told.Enqueue($"{logLevel}: {formatter(state, exception)}");
    }
}

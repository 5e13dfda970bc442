using System.Collections.Concurrent;

namespace GpuCtr.Training.Tests.Scoring;

/// <summary>Models are swapped and disposed while other threads score with them: a call returns its score or throws ObjectDisposedException; the process never dies.</summary>
public sealed class ModelLifetimeTests(TwoSmallRuns runs) : IClassFixture<TwoSmallRuns>
{
    private const int Scorers = 8;

    // GPU_CTR_EXCHANGES=5000 takes so many.
    private static readonly int exchanges = int.TryParse(Environment.GetEnvironmentVariable("GPU_CTR_EXCHANGES"), out int count) ? count : 200;

    [Fact]
    public void Exchanging_a_model_under_load_ends_no_call_without_its_score()
    {
        float[] expected = [.. runs.All.Select(ScoreOnce)];
        CtrModel current = CtrModel.Load(runs.All[0], new() { Concurrency = 2, BatchRows = 1 });
        long scored = 0;
        bool over = false;
        ConcurrentQueue<Exception> wrong = [];
        Thread[] scorers = [.. Enumerable.Range(0, Scorers).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref over))
            {
                try
                {
                    CtrModel model = Volatile.Read(ref current);
                    Assert.Contains(model.Score(Fill(model.NewRow())), expected);
                    Interlocked.Increment(ref scored);
                }
                catch (Exception e)
                {
                    if (e is not ObjectDisposedException late || !late.ObjectName.EndsWith(nameof(CtrModel), StringComparison.Ordinal))
                        wrong.Enqueue(e);
                }
            }
        }))];
        foreach (Thread t in scorers)
            t.Start();
        for (int i = 1; i <= exchanges; i++)
        {
            CtrModel next = CtrModel.Load(runs.All[i % 2], new() { Concurrency = 2, BatchRows = 1 });
            Interlocked.Exchange(ref current, next).Dispose();
        }
        Volatile.Write(ref over, true);
        foreach (Thread t in scorers)
            t.Join();
        current.Dispose();
        Assert.Empty(wrong);
        Assert.True(scored > 0);
    }

    [Fact]
    public void A_disposed_model_says_so()
    {
        CtrModel model = CtrModel.Load(runs.All[0]), other = CtrModel.Load(runs.All[0]);
        FeatureRow row = Fill(model.NewRow());
        model.Dispose();
        model.Dispose();
        foreach (Action call in new Action[] { () => model.Score(row), () => model.Score([row]), () => model.Score([row], new float[1]), () => model.NewRow() })
            Assert.Contains("CtrModel", Assert.Throws<ObjectDisposedException>(call).ObjectName);
        Assert.NotEmpty(model.Columns);
        Fill(row.Clear());
        Assert.Contains("another model", Assert.Throws<ArgumentException>(() => other.Score(row)).Message);
        Assert.Throws<ArgumentNullException>(() => other.Score((FeatureRow)null!));
        other.Dispose();
    }

    [Fact]
    public void Threads_that_share_a_row_break_nothing_but_it()
    {
        using CtrModel model = CtrModel.Load(runs.All[0]);
        FeatureRow shared = model.NewRow();
        Parallel.For(0, 8, i =>
        {
            for (int k = 0; k < 5000; k++)
            {
                try
                {
                    shared.Clear().Set("tags", Enumerable.Range(0, (k + i) % 5).Select(t => (long)t).ToArray());
                    Assert.InRange(model.Score(shared), 0, 1);
                }
                catch (ArgumentException)
                {
                    // A row that two threads filled at once may be refused.
                }
            }
        });
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(int.MaxValue, 0)]
    [InlineData(1, -1)]
    [InlineData(1, int.MaxValue)]
    public void Options_that_cannot_be_are_refused(int batchRows, int concurrency) => Assert.Throws<ArgumentOutOfRangeException>(
        () => CtrModel.Load(runs.All[0], new() { BatchRows = batchRows, Concurrency = concurrency }));

    private static FeatureRow Fill(FeatureRow row) => row.Set("item", 3).Set("tags", [1L, 2L]);

    private static float ScoreOnce(string run)
    {
        using CtrModel model = CtrModel.Load(run);
        return model.Score(Fill(model.NewRow()));
    }
}

using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Tests.Checkpoints;

[Trait("Speed", "Fast")]
public sealed class RunFolderTests : OwnFolder
{
    [Fact]
    public async Task A_pointer_names_the_old_or_the_new_checkpoint_at_every_moment()
    {
        const int Writes = 300;
        string path = Folder.File("best");
        PointerFile.Replace(path, "1");
        using CancellationTokenSource done = new();
        using ManualResetEventSlim reading = new();
        Task<int> reader = Task.Run(() =>
        {
            int last = 0;
            while (!done.IsCancellationRequested)
            {
                string? seen = PointerFile.Read(path);
                Assert.NotNull(seen);
                Assert.True(int.Parse(seen) >= last, $"{seen} after {last}");
                last = int.Parse(seen);
                reading.Set();
            }

            return last;
        });
        Assert.True(reading.Wait(Patience.Limit));
        for (int i = 1; i <= Writes; i++)
            PointerFile.Replace(path, $"{i}");
        done.Cancel();
        Assert.InRange(await reader, 1, Writes);
        Assert.Equal([path], Directory.GetFiles(Folder.Path));
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("")]
    [InlineData("12/..")]
    public void A_pointer_that_leads_elsewhere_names_nothing(string text)
    {
        File.WriteAllText(Folder.File("best"), text);
        Assert.Null(PointerFile.Read(Folder.File("best")));
    }

    [Fact]
    public void A_second_trainer_is_refused_and_told_of_the_first()
    {
        string path = Folder.File("run");
        using (RunFolder first = RunFolder.Create(path, mayHoldRun: false))
        {
            GpuCtrException failure = Assert.Throws<GpuCtrException>(() => RunFolder.Create(path, mayHoldRun: true));
            Assert.Equal(ErrorKind.Usage, failure.Kind);
            Assert.Contains($"process {Environment.ProcessId}", failure.Message);
        }

        Assert.False(Directory.Exists(path));
        RunFolder.Create(path, mayHoldRun: false).Dispose();
    }

    [Fact]
    public async Task Runs_that_begin_in_the_same_second_get_folders_of_their_own()
    {
        const int Starts = 16;
        using Barrier together = new(Starts);
        (string Path, RunLock Held)[] all = await Task.WhenAll(Enumerable.Range(0, Starts).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait(Patience.Limit);
                return NewFolder.Create(Folder.File("runs"), "", new DateTime(2026, 1, 2, 3, 4, 5));
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(Starts, all.Select(a => a.Path).Distinct().Count());
        Assert.Contains(Folder.File("runs/20260102-030405"), all.Select(a => a.Path));
        Assert.All(all, a => a.Held.Dispose());
    }

    [Fact]
    public void Pruning_keeps_what_the_pointers_name()
    {
        using RunFolder run = RunFolder.Create(Folder.File("run"), mayHoldRun: false);
        run.Begin();
        foreach (int step in new[] { 10, 20, 30, 40 })
            Directory.CreateDirectory(Path.Combine(run.File("checkpoints"), $"{step}"));
        run.Point(RunFolder.Best, "20");
        run.Point(RunFolder.Last, "40");
        run.Prune();
        Assert.Equal(["20", "40"], Directory.GetDirectories(run.File("checkpoints")).Select(Path.GetFileName).Order());
        Directory.Delete(run.Path, recursive: true);
        Directory.CreateDirectory(run.Path);
    }
}

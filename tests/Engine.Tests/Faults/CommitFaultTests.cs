using static GpuCtr.Tests.FaultRun;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class CommitFaultTests(FaultRun run) : IClassFixture<FaultRun>
{
    // config.json, metrics.jsonl, best and the second epoch's checkpoint with its pointers.
    private const int LeastCommits = 20, LeastRenames = 5;

    // Between two points that are used. Of every fifth fsync one is killed, the next fails and the next finds a full disk.
    private const int Stride = 5, ThreeFaults = 3 * Stride;

    [SkippableFact]
    public void Fault02_A_kill_at_any_fsync_leaves_a_checkpoint_to_go_on_from()
    {
        int commits = Everywhere("fsync", "signal=KILL", (1, ThreeFaults), (o, copy) =>
        {
            Assert.True(o.Code == 128 + 9, o.Error);
            Assert.NotEmpty(ValidCheckpoints(copy));
        });
        Assert.True(commits >= LeastCommits, $"{commits} fsyncs");
    }

    [SkippableTheory]
    [InlineData("fsync", "error=EIO", 1 + Stride, ThreeFaults, LeastCommits)]
    [InlineData("fsync", "error=ENOSPC", 1 + 2 * Stride, ThreeFaults, LeastCommits)]
    [InlineData("rename", "error=EIO", 1, Stride, LeastRenames)]
    public void Fault03_An_error_of_the_disk_in_a_commit_ends_in_exit_5(string call, string fault, int first, int stride, int least)
    {
        int points = Everywhere(call, fault, (first, stride), (o, copy) =>
        {
            o.FailedWith(ExitCode.InputOutput, copy);
            Assert.NotEmpty(ValidCheckpoints(copy));
        });
        Assert.True(points >= least, $"{points} calls");
    }

    [SkippableTheory]
    [InlineData("unlink", 4 * Stride)]
    [InlineData("rmdir", Stride)]
    public void Fault04_A_kill_while_pruning_leaves_two_valid_checkpoints_and_no_half_one(string call, int stride)
    {
        string full = run.Copy();
        CommandRunner.Run([.. Rest(full), "--checkpoint-every", "3"]).Succeeded();
        Assert.InRange(ValidCheckpoints(full).Length, 2, 3);
        int kills = Everywhere(call, "signal=KILL", (1, stride), (o, copy) =>
        {
            Assert.True(o.Code == 128 + 9, o.Error);
            Assert.NotEmpty(ValidCheckpoints(copy));
            if (Directory.GetDirectories(Path.Combine(copy, "checkpoints")).Length > 2)
                Assert.InRange(ValidCheckpoints(copy).Length, 2, 4);
        }, "--checkpoint-every", "3");
        Assert.True(kills > 3, $"{kills} calls");
    }

    /// <summary>Injects a fault at some calls, until there are no more; each time the resumed run ends with the same bits. Returns the number of calls.</summary>
    private int Everywhere(string call, string fault, (int First, int Stride) sample, Action<CommandOutcome, string> check, params string[] more)
    {
        for (int when = Campaign.First(sample.First); ; when += Campaign.Stride(sample.Stride))
        {
            string copy = run.Copy();
            CommandOutcome o = Strace.Run(call, fault, when, [.. Rest(copy), .. more]);
            if (o.Code == 0)
                return when - 1;
            check(o, copy);
            run.EndsWithTheSameBits(copy);
        }
    }
}

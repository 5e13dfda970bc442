using static GpuCtr.Tests.FaultRun;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class CommitFaultTests(FaultRun run) : IClassFixture<FaultRun>
{
    // config.json, metrics.jsonl, best and the second epoch's checkpoint with its pointers.
    private const int LeastCommits = 20, LeastRenames = 5;

    [SkippableFact]
    public void Fault02_A_kill_at_any_fsync_leaves_a_checkpoint_to_go_on_from()
    {
        int commits = Everywhere("fsync", "signal=KILL", (o, copy) =>
        {
            Assert.True(o.Code == 128 + 9, o.Error);
            Assert.NotEmpty(ValidCheckpoints(copy));
        });
        Assert.True(commits >= LeastCommits, $"{commits} fsyncs");
    }

    [SkippableTheory]
    [InlineData("fsync", "error=EIO", LeastCommits)]
    [InlineData("fsync", "error=ENOSPC", LeastCommits)]
    [InlineData("rename", "error=EIO", LeastRenames)]
    public void Fault03_An_error_of_the_disk_in_a_commit_ends_in_exit_5(string call, string fault, int least)
    {
        int points = Everywhere(call, fault, (o, copy) =>
        {
            o.FailedWith(ExitCode.InputOutput, copy);
            Assert.NotEmpty(ValidCheckpoints(copy));
        });
        Assert.True(points >= least, $"{points} calls");
    }

    [SkippableTheory]
    [InlineData("unlink")]
    [InlineData("rmdir")]
    public void Fault04_A_kill_while_pruning_leaves_two_valid_checkpoints_and_no_half_one(string call)
    {
        string full = run.Copy();
        CommandRunner.Run([.. Rest(full), "--checkpoint-every", "3"]).Succeeded();
        Assert.InRange(ValidCheckpoints(full).Length, 2, 3);
        int kills = Everywhere(call, "signal=KILL", (o, copy) =>
        {
            Assert.True(o.Code == 128 + 9, o.Error);
            Assert.NotEmpty(ValidCheckpoints(copy));
            if (Directory.GetDirectories(Path.Combine(copy, "checkpoints")).Length > 2)
                Assert.InRange(ValidCheckpoints(copy).Length, 2, 4);
        }, "--checkpoint-every", "3");
        Assert.True(kills > 3, $"{kills} calls");
    }

    /// <summary>Injects a fault at the first call, then at later ones, until there are no more; each time the resumed run ends with the same bits. Returns the number of calls.</summary>
    private int Everywhere(string call, string fault, Action<CommandOutcome, string> check, params string[] more)
    {
        for (int when = 1; ; when += Campaign.Stride(5))
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

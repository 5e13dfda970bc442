using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class SignalFaultTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const int Second = 1_000_000, SigTerm = 15;

    [SkippableFact]
    public void Fault10_A_signal_in_start_up_ends_it_and_leaves_nothing_half_done()
    {
        string folder = run.Folder.File("start"), groups = PlantedShards.Write(run.Folder.File("start.parquet"), 100_000, 3);
        using ChildProcess process = Strace.Start("pread64", $"delay_enter={Second / 20}", "1+", ["train", groups, "--out", folder, .. FaultRun.Model]);
        // The columns are printed before the pass over the rows, which reads 25 row groups.
        while (process.Error.ReadLine() is { } line && !line.StartsWith("columns", StringComparison.Ordinal))
            ;
        ChildProcess.Signal(Tracee(process), "TERM");
        Ended(process.End(), "interrupted before anything was trained");
        Assert.False(Directory.Exists(folder));
    }

    [SkippableFact]
    public void Fault10_A_signal_in_training_saves_the_step_it_comes_in()
    {
        string copy = run.Copy();
        using ChildProcess process = TrainProcess.Start("train", "--resume", "--out", copy, "--epochs", "1000000");
        process.WaitFor(() => File.ReadAllText(Path.Combine(copy, "last")).Trim() != "15");
        Ended(process.Stop("TERM"), "interrupted after step");
        Checkpoint.Open(FaultRun.Pointed(copy, "last"));
    }

    [SkippableFact]
    public void Fault10_A_signal_in_evaluation_saves_what_was_trained()
    {
        string folder = run.Folder.File("evaluate"), large = PlantedShards.Write(run.Folder.File("evaluate.parquet"), 600_000, 3);
        using ChildProcess process = TrainProcess.Start(["train", run.Train, "--valid", large, "--checkpoint-every", "16", "--out", folder, .. FaultRun.Model]);
        // 2,000 rows are 16 steps, so this checkpoint is there when the evaluation begins.
        process.WaitFor(() => File.Exists(Path.Combine(folder, "last")));
        Ended(process.Stop("TERM"), "interrupted after step 16");
        Assert.False(File.Exists(Path.Combine(folder, "best")));
        Assert.False(Checkpoint.Open(FaultRun.Pointed(folder, "last")).Manifest.Position.EpochDone);
    }

    [SkippableFact]
    public void Fault10_A_signal_while_saving_lets_the_checkpoint_be_finished()
    {
        string copy = run.Copy();
        using ChildProcess process = Strace.Start("fsync", $"delay_enter={Second / 4}", "7+", FaultRun.Rest(copy));
        WaitForSave(process, copy);
        ChildProcess.Signal(Tracee(process), "TERM");
        Ended(process.End(), "interrupted after step 30");
        Assert.Equal(30, Checkpoint.Open(FaultRun.Pointed(copy, "last")).Manifest.Position.Step);
        run.EndsWithTheSameBits(copy);
    }

    [SkippableFact]
    public void Fault10_A_second_signal_ends_the_process_at_once()
    {
        string copy = run.Copy();
        using ChildProcess process = Strace.Start("fsync", $"delay_enter={2 * Second}", "7+", FaultRun.Rest(copy));
        WaitForSave(process, copy);
        int tracee = Tracee(process);
        ChildProcess.Signal(tracee, "TERM");
        // Two of a kind that wait at once are one.
        process.WaitFor(() => !IsWaiting(tracee));
        ChildProcess.Signal(tracee, "TERM");
        Assert.Equal((int)ExitCode.Terminated, process.End().Code);
        // The checkpoint had a dozen calls of two seconds before it, and nobody waited for them.
        Assert.Equal(15, Checkpoint.Open(FaultRun.Pointed(copy, "last")).Manifest.Position.Step);
        run.EndsWithTheSameBits(copy);
    }

    private static void WaitForSave(ChildProcess process, string copy) =>
        process.WaitFor(() => Directory.GetDirectories(Path.Combine(copy, "checkpoints"), ".*.tmp").Length > 0);

    /// <summary>The process that strace runs.</summary>
    private static int Tracee(ChildProcess strace) =>
        int.Parse(File.ReadAllText($"/proc/{strace.Id}/task/{strace.Id}/children").Split(' ')[0]);

    /// <summary>Whether a SIGTERM was sent that the process has not taken yet.</summary>
    private static bool IsWaiting(int process) => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("SigPnd:", StringComparison.Ordinal) || line.StartsWith("ShdPnd:", StringComparison.Ordinal))
        .Any(line => (Convert.ToUInt64(line["SigPnd:".Length..].Trim(), 16) & 1UL << (SigTerm - 1)) != 0);

    private static void Ended(CommandOutcome ended, string told)
    {
        Assert.True(ended.Code == (int)ExitCode.Terminated, $"exit {ended.Code}: {ended.Error}");
        Assert.Contains(told, ended.Error);
        Assert.DoesNotContain("   at ", ended.Error);
    }
}

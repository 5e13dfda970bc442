using System.Diagnostics;
using GpuCtr.Training.Checkpoints;
using Xunit.Abstractions;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class KilledRankTests(ITestOutputHelper output) : OwnFolder
{
    // Four processes on few cores need about two seconds to start, and some kills should fall into that.
    private const int Ranks = 4, LongestLifeMs = 4000;

    private static readonly int[] goOnWith = [2, 1, 4];

    /// <summary>After each kill, the run goes on to the end of its epoch on 2, 1 and 4 ranks in turn, before it is killed again.</summary>
    [SkippableFact]
    public void Fault46_Kills_of_random_ranks_at_random_moments_change_no_bit()
    {
        string killed = Folder.File("killed"), epochs = "";
        string[] train = ["train", PlantedShards.Write(Folder.File("train.parquet"), 2_000, 1), .. FaultRun.Model, "--checkpoint-every", "3", "--slices", $"{Ranks}"];
        Random random = new(1);
        CommandOutcome last = null!;
        List<double> ends = [];
        for (int i = 0; i < Campaign.RankKills; i++)
        {
            ends.Add(KillOne(killed, random, [.. train, "--resume", "--out", killed, "--epochs", "1000000"]).TotalSeconds);
            epochs = $"{(File.Exists(Path.Combine(killed, "last")) ? Checkpoint.Open(FaultRun.Pointed(killed, "last")).Manifest.Position.Epoch : 0) + 1}";
            last = GoOn(goOnWith[i % goOnWith.Length], [.. train, "--resume", "--out", killed, "--epochs", epochs]);
        }
        output.WriteLine($"{ends.Count} kills; all processes had ended after {ends.Average():F2} s on average and {ends.Max():F2} s at most; {epochs} epochs");
        Assert.Equal(FaultRun.Results(CommandRunner.Run([.. train, "--out", Folder.File("whole"), "--epochs", epochs])), FaultRun.Results(last));
    }

    /// <summary>Kills a rank of a run; how long it took until all processes had ended.</summary>
    private static TimeSpan KillOne(string folder, Random random, string[] train)
    {
        using ChildProcess launcher = MpiLauncher.Start("openmpi", Ranks, [.. TrainProcess.Words, .. train]);
        int[] ranks = [];
        launcher.WaitFor(() => (ranks = RanksOf(folder)).Length == Ranks);
        Thread.Sleep(random.Next(LongestLifeMs));
        ChildProcess.Signal(ranks[random.Next(Ranks)], "KILL");
        long begin = Stopwatch.GetTimestamp();
        TimeSpan limit = Campaign.IsAsked ? TimeSpan.FromSeconds(10) : Patience.Limit;
        Assert.True(launcher.Ended((int)limit.TotalMilliseconds), $"the launcher had not ended {limit} after a rank was killed");
        Assert.NotEqual(0, launcher.End().Code);
        while (RanksOf(folder).Length > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < limit, $"a rank still ran {limit} after another was killed");
            Thread.Sleep(20);
        }
        return Stopwatch.GetElapsedTime(begin);
    }

    private static CommandOutcome GoOn(int ranks, string[] train) =>
        (ranks == 1 ? CommandRunner.Run(train) : MpiLauncher.Run("openmpi", ranks, [.. TrainProcess.Words, .. train])).Succeeded();

    /// <summary>The processes that train into a folder, without their launcher.</summary>
    private static int[] RanksOf(string folder)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux lists the words of processes as files");
        return [.. Directory.GetDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out int id) ? id : 0).Where(id => Words(id) is [var program, ..] words && program.EndsWith("dotnet", StringComparison.Ordinal) && words.Contains(folder)).Order()];
    }

    /// <summary>The command line of a process; empty where it has ended.</summary>
    private static string[] Words(int id)
    {
        try
        {
            return id > 0 ? File.ReadAllText($"/proc/{id}/cmdline").Split('\0') : [];
        }
        catch (IOException)
        {
            return [];
        }
    }
}

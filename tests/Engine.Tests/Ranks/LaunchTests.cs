using System.Text.Json;
using GpuCtr.Tests;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Tests.Ranks;

public sealed class LaunchTests : OwnFolder
{
    private string[] Train => ["train", PlantedShards.Write(Folder.File("train.parquet"), 2_000, 1), "--out", Folder.File("run"), .. TrainedRun.SmallModel];

    [SkippableFact]
    public void Without_a_launcher_nothing_of_MPI_is_loaded()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux lists the libraries of a process");
        CommandRunner.Run(Train).Succeeded();
        string libraries = File.ReadAllText("/proc/self/maps");
        Assert.Contains("libc.so", libraries, StringComparison.Ordinal);
        Assert.DoesNotContain("libmpi", libraries, StringComparison.Ordinal);
    }

    /// <summary>Copies that know nothing of each other would write over one folder.</summary>
    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void What_does_not_work_on_several_ranks_is_refused_once(string family) =>
        MpiLauncher.Run(family, 2, [.. TrainProcess.Words, "predict", "x.parquet", "--model", "runs/first"])
            .FailedWith(ExitCode.Usage, "gpu-ctr predict does not work on several ranks yet", "started 2", "GPU_CTR_MPI=off");

    /// <summary>One JSON line and one log: only rank 0 speaks.</summary>
    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void Two_ranks_train_with_the_bits_of_two_threads(string family)
    {
        CommandOutcome o = MpiLauncher.Run(family, 2, [.. TrainProcess.Words, .. NamedSteps.In(Train), "--json"]).Succeeded();
        Assert.Single(o.Error.Split('\n'), l => l.StartsWith("device ", StringComparison.Ordinal));
        Assert.Equal(FaultRun.Results(RankRunner.Train(2, [.. Train, "--overwrite"])), FaultRun.Results(o));
    }

    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void Slices_have_the_bits_of_one_process(string family)
    {
        CommandOutcome o = MpiLauncher.Run(family, 2, [.. TrainProcess.Words, .. NamedSteps.In(Train), "--slices", "4", "--json"]).Succeeded();
        Assert.Contains(", 4 slices on 2 ranks)", o.Error, StringComparison.Ordinal);
        Assert.Equal(FaultRun.Results(CommandRunner.Run([.. Train, "--overwrite", "--slices", "4", "--json"])), FaultRun.Results(o));
    }

    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_reason_to_fail_is_told_once_and_by_rank_0(string family)
    {
        CommandOutcome o = MpiLauncher.Run(family, 2, [.. TrainProcess.Words, "train", Folder.File("none.parquet")]);
        o.FailedWith(ExitCode.Usage, "none.parquet: no such file");
        Assert.StartsWith("error: rank 0 of 2 on ", Assert.Single(o.Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_rank_that_is_killed_ends_all_and_the_run_goes_on_to_the_same_bits()
    {
        string killed = Folder.File("killed");
        string[] train = [.. Train[..2], .. TrainedRun.SmallModel, "--checkpoint-every", "3", "--dropout", "0.2"];
        using (ChildProcess launcher = MpiLauncher.Start("openmpi", 2, [.. TrainProcess.Words, .. train, "--out", killed, "--epochs", "1000000"]))
        {
            launcher.WaitFor(() => File.Exists(Path.Combine(killed, "last")));
            ChildProcess.Signal(RanksOf(killed)[1], "KILL");
            Assert.NotEqual(0, launcher.End().Code);
        }
        Assert.Empty(RanksOf(killed));
        string epochs = $"{Checkpoint.Open(FaultRun.Pointed(killed, "last")).Manifest.Position.Epoch + 1}";
        CommandOutcome resumed = MpiLauncher.Run("openmpi", 2, [.. TrainProcess.Words, "train", "--resume", "--out", killed, "--epochs", epochs, "--json"]).Succeeded();
        Assert.Equal(FaultRun.Results(RankRunner.Train(2, [.. train, "--out", Folder.File("whole"), "--epochs", epochs])), FaultRun.Results(resumed));
    }

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

    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void One_rank_trains(string family)
    {
        CommandOutcome o = MpiLauncher.Run(family, 1, [.. TrainProcess.Words, .. NamedSteps.In(Train), "--json"]).Succeeded();
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(o.Out).RootElement.ValueKind);
        Assert.True(File.Exists(Folder.File("run/last")));
    }
}

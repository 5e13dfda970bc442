using System.Text.Json;
using GpuCtr.Tests;

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

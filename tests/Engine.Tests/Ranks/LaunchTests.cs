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
    public void Training_on_several_ranks_is_refused_once(string family)
    {
        MpiLauncher.Run(family, 2, [.. TrainProcess.Words, .. NamedSteps.In(Train)]).FailedWith(ExitCode.Usage, "gpu-ctr train does not work on several ranks yet", "started 2", "GPU_CTR_MPI=off");
        Assert.False(Directory.Exists(Folder.File("run")));
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

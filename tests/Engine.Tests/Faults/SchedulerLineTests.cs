using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

/// <summary>A job scheduler repeats one command line, which starts the run, resumes it, and reports its result once it has ended.</summary>
public sealed class SchedulerLineTests(FaultRun run) : IClassFixture<FaultRun>
{
    private string[] Line(string folder) => ["train", run.Train, "--out", folder, "--resume", "--epochs", "2", .. FaultRun.Model];

    [Fact]
    public void The_line_begins_a_run_and_repeats_what_it_ended_with()
    {
        string folder = run.Folder.File("line");
        string[] first = FaultRun.Results(Run(Line(folder)).Succeeded());
        Assert.Equal(first, FaultRun.Results(Run(Line(folder)).Succeeded()));
        run.EndsWithTheSameBits(folder);
        Run([.. Line(folder), "--seed", "3"]).FailedWith(ExitCode.Usage, "seed was 1 and is 3");
    }

    /// <summary>What a process leaves behind that is killed at successive moments of its start-up.</summary>
    [Theory]
    [InlineData("run.lock", "run.pid")]
    [InlineData("run.lock", "run.pid", "checkpoints/")]
    [InlineData("run.lock", "run.pid", "checkpoints/", "config.json.tmp")]
    [InlineData("run.lock", "run.pid", "checkpoints/", "config.json")]
    [InlineData("run.lock", "run.pid", "checkpoints/", "config.json", "run.log", "steps.jsonl", "events.out.tfevents.1.x", "cache/")]
    [InlineData("run.lock", "run.pid", "checkpoints/.15.tmp/", "config.json", "run.log")]
    [InlineData("run.lock", "run.pid", "config.json")]
    public void What_a_killed_start_leaves_is_taken_for_its_own(params string[] left)
    {
        foreach (string[] line in new[] { Line(""), [.. Line("").Where(word => word != "--resume")] })
        {
            string folder = Directory.CreateDirectory(run.Folder.File($"left-{Guid.NewGuid():N}")).FullName, whole = run.Copy();
            foreach (string name in left)
            {
                string path = Path.Combine(folder, name);
                if (name.EndsWith('/'))
                    Directory.CreateDirectory(path);
                else
                    File.WriteAllText(path, name == "config.json" ? File.ReadAllText(Path.Combine(whole, name)).Replace("\"epochs\": 1", "\"epochs\": 2") : "{");
            }

            Run([.. line.Select(word => word.Length == 0 ? folder : word)]).Succeeded();
            run.EndsWithTheSameBits(folder);
            Assert.Empty(Directory.GetFiles(folder, "run.*").Select(Path.GetFileName).Except(["run.log"]));
        }
    }

    [SkippableFact]
    public void Kills_from_the_start_on_change_no_bit()
    {
        string folder = run.Folder.File("killed");
        Random random = new(4);
        for (int i = 0; i < Campaign.Kills; i++)
        {
            using ChildProcess process = TrainProcess.Start([.. Line(folder), "--checkpoint-every", "3"]);
            Thread.Sleep(random.Next(1500));
            CommandOutcome killing = process.Stop("KILL");
            Assert.True(killing.Code is 0 or 128 + 9, killing.Error);
        }

        Run([.. Line(folder), "--checkpoint-every", "3"]).Succeeded();
        run.EndsWithTheSameBits(folder);
    }

    [Fact]
    public void Folders_of_others_are_refused()
    {
        string folder = Directory.CreateDirectory(run.Folder.File("filled")).FullName, mine = Path.Combine(folder, "mine.txt"), config = Path.Combine(folder, "config.json");
        string[] train = ["train", run.Train, "--out", folder, .. FaultRun.Model];
        File.WriteAllText(mine, "mine");
        Run(Line(folder)).FailedWith(ExitCode.Usage, "neither empty nor a run folder (it holds mine.txt)", "--overwrite");
        Run(train).FailedWith(ExitCode.Usage, "neither empty nor a run folder (it holds mine.txt)");
        File.WriteAllText(config, "{ \"architectures\": [\"Other\"] }");
        Run(Line(folder)).FailedWith(ExitCode.Usage, "not a run folder, but it holds config.json");
        Run([.. train, "--overwrite"]).FailedWith(ExitCode.Usage, "not a run folder, but it holds config.json");
        Assert.Equal("{ \"architectures\": [\"Other\"] }", File.ReadAllText(config));
        File.Delete(config);
        Directory.CreateDirectory(Path.Combine(folder, "checkpoints", "500"));
        Run([.. train, "--overwrite"]).FailedWith(ExitCode.Usage, "not a run folder, but it holds checkpoints");
        Directory.Delete(Path.Combine(folder, "checkpoints"), recursive: true);
        Run([.. train, "--overwrite"]).Succeeded();
        // Beside a run other files may be.
        Run(Line(folder)).Succeeded();
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    [Fact]
    public void Checkpoints_without_their_config_are_not_gone_on_from()
    {
        string copy = run.Copy();
        File.Delete(Path.Combine(copy, "config.json"));
        Run(Line(copy)).FailedWith(ExitCode.Usage, "has checkpoints, but its config.json is missing");
    }
}

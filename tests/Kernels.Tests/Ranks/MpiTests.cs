using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

/// <summary>Ranks as processes under real launchers (<see cref="RankProgram"/>).</summary>
public sealed class MpiTests
{
    private const int Wrong = 7;

    [SkippableTheory]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 4)]
    [InlineData("mpich", 2)]
    [InlineData("mpich", 4)]
    public void Collectives_give_what_each_rank_gave(string family, int size)
    {
        CommandOutcome o = Start(family, size, "collectives").Succeeded();
        string version = family == "mpich" ? "MPICH" : "Open MPI";
        Assert.Equal(Enumerable.Range(0, size).Select(r => $"rank {r} of {size} on {Environment.MachineName}: {version}"),
            o.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[..(l.IndexOf(version, StringComparison.Ordinal) + version.Length)]).Order());
    }

    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_that_fails_ends_all_with_its_code_and_its_reason(string family) =>
        Assert.Equal($"error: rank 1 of 4 on {Environment.MachineName}: a bad row", Fails(family, RankProgram.Failure, "fail"));

    [SkippableTheory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_that_does_not_come_is_noticed(string family) => Assert.Contains(" in Barrier for ranks that did not arrive", Fails(family, Wrong, "late"), StringComparison.Ordinal);

    /// <summary>MPICH 4.0 ended the process instead: only threads compare all counts.</summary>
    [SkippableFact]
    public void More_than_was_expected_ends_all() => Assert.Contains("AllToAll failed: MPI_ERR_TRUNCATE", Fails("openmpi", Wrong, "counts"), StringComparison.Ordinal);

    /// <summary>A launcher that sees a rank die has its own codes; MPICH's may be that of the ranks which it then ends.</summary>
    [SkippableTheory]
    [InlineData("openmpi", "killed", 128 + 9)]
    [InlineData("openmpi", "gone", RankProgram.Failure)]
    [InlineData("mpich", "killed", null)]
    [InlineData("mpich", "gone", null)]
    public void A_rank_that_is_gone_ends_all(string family, string how, int? code)
    {
        CommandOutcome o = Start(family, 4, how);
        Assert.NotEqual(0, o.Code);
        if (code is { } known)
            Assert.Equal(known, o.Code);
    }

    [SkippableTheory]
    [InlineData("openmpi", "libmpich.so.12", "is MPICH Version")]
    [InlineData("mpich", "libmpi.so.40", "is Open MPI v")]
    [InlineData("openmpi", "libc.so.6", "is not an MPI library")]
    [InlineData("mpich", "libnone.so", "libnone.so does not load; install MPICH")]
    public void A_library_that_is_not_the_launchers_is_told(string family, string library, string reason)
    {
        Skip.If(library.StartsWith("libmpi", StringComparison.Ordinal) && (ChildProcess.Find("mpirun.openmpi") is null || ChildProcess.Find("mpirun.mpich") is null), "this needs both launchers: `apt-get install openmpi-bin mpich` gives them");
        CommandOutcome o = Start(family, 2, "collectives", $"GPU_CTR_MPI={library}");
        Assert.Equal(Wrong, o.Code);
        Assert.Contains(reason, o.Error, StringComparison.Ordinal);
    }

    /// <summary>Within an allocation of Slurm, variables do not tell the family: then the ranks that a library sees are counted.</summary>
    [SkippableFact]
    public void A_library_that_sees_one_rank_is_told()
    {
        Skip.If(ChildProcess.Find("mpirun.openmpi") is null, "this needs both launchers: `apt-get install openmpi-bin mpich` gives them");
        CommandOutcome o = Start("mpich", 2, "collectives", "GPU_CTR_MPI=libmpi.so.40", "SLURM_STEP_ID=0");
        Assert.Equal(Wrong, o.Code);
        Assert.Contains("srun with PMI started 2 ranks, but libmpi.so.40 (Open MPI v", o.Error, StringComparison.Ordinal);
        Assert.Contains("sees 1: it belongs to another launcher", o.Error, StringComparison.Ordinal);
    }

    /// <summary>The line of the first rank that fails.</summary>
    private static string Fails(string family, int code, string what)
    {
        CommandOutcome o = Start(family, 4, what);
        Assert.True(o.Code == code, $"exit {o.Code}:\n{o.Error}");
        return o.Error.Split('\n').First(l => l.StartsWith("error: ", StringComparison.Ordinal));
    }

    private static CommandOutcome Start(string family, int ranks, string what, params string[] variables)
    {
        string program = Path.ChangeExtension(typeof(RankProgram).Assembly.Location, ".dll");
        return MpiLauncher.Run(family, ranks, ["env", .. variables, ChildProcess.DotNet, program, what]);
    }
}

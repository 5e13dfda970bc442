using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

[Trait("Speed", "Fast")]
public sealed class LauncherTests
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=8 PMIX_RANK=3", "mpirun of Open MPI", "OpenMpi", 3, 8)]
    [InlineData("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1", "mpirun of Open MPI", "OpenMpi", 0, 1)]
    [InlineData("PMI_RANK=1 PMI_SIZE=4", "mpiexec of MPICH, Intel MPI or MS-MPI", "Mpich", 1, 4)]
    [InlineData("PMI_RANK=1 PMI_SIZE=4 SLURM_STEP_ID=0 SLURM_PROCID=1", "srun with PMI", "Mpich OpenMpi", 1, 4)]
    [InlineData("PMIX_RANK=2 SLURM_STEP_ID=0 SLURM_PROCID=2 SLURM_STEP_NUM_TASKS=16", "srun with PMIx", "OpenMpi Mpich", 2, 16)]
    [InlineData("PMIX_RANK=2", "a launcher with PMIx", "OpenMpi Mpich", 2, 0)]
    [InlineData("SLURM_STEP_ID=0 SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=6", "srun without MPI", "", 5, 6)]
    public void Launcher_is_known_by_its_variables(string variables, string name, string families, int rank, int size)
    {
        Launcher found = Launcher.Of(Environment(variables))!;
        Assert.Equal((name, families, rank, size), (found.Name, string.Join(' ', found.Families), found.Rank, found.Size));
    }

    [Theory]
    [InlineData("")]
    // A script of sbatch, which is one process, and one task of srun.
    [InlineData("SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_NTASKS=4")]
    [InlineData("SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1")]
    [InlineData("OMPI_COMM_WORLD_RANK=x OMPI_COMM_WORLD_SIZE=2")]
    [InlineData("GPU_CTR_MPI=off OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2")]
    public void Without_a_launcher_a_process_works_alone(string variables) => Assert.Null(Launcher.Of(Environment(variables)));

    [Fact]
    public void A_library_that_is_missing_is_told_with_what_to_install()
    {
        CommunicatorException e = Assert.Throws<CommunicatorException>(() => MpiLibrary.Load(Launcher.Of(Environment("PMI_RANK=0 PMI_SIZE=2"))!, null, _ => 0));
        Assert.StartsWith("no MPI was found for the launcher (mpiexec of MPICH, Intel MPI or MS-MPI): ", e.Message, StringComparison.Ordinal);
        Assert.Contains(OperatingSystem.IsWindows() ? "; install MS-MPI on every host" : "; install MPICH (", e.Message, StringComparison.Ordinal);
        Assert.Contains("GPU_CTR_MPI", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_does_not_load_is_told()
    {
        Launcher launcher = Launcher.Of(Environment("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2"))!;
        CommunicatorException e = Assert.Throws<CommunicatorException>(() => MpiLibrary.Load(launcher, "/opt/none/libmpi.so", _ => 0));
        Assert.Contains("/opt/none/libmpi.so does not load; install Open MPI", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_of_srun_that_cannot_reach_each_other_are_told()
    {
        Launcher launcher = Launcher.Of(Environment("SLURM_STEP_ID=0 SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=6"))!;
        Assert.Contains("srun --mpi=pmix", Assert.Throws<CommunicatorException>(() => MpiLibrary.Load(launcher, null, _ => 0)).Message, StringComparison.Ordinal);
    }

    private static Func<string, string?> Environment(string variables)
    {
        Dictionary<string, string> set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        return set.GetValueOrDefault;
    }
}

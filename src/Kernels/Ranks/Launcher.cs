using System.Globalization;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Families of MPI libraries: within one, programs fit every library.</summary>
public enum MpiFamily
{
    /// <summary>Open MPI 4 and 5.</summary>
    OpenMpi,

    /// <summary>MPICH, Intel MPI, MVAPICH, Cray MPICH, MS-MPI.</summary>
    Mpich,
}

/// <summary>The launcher that started this process as one of several ranks, detected from environment variables. MPI is not loaded for this.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Families">Libraries that it may belong to, the likely one first; empty if it started several processes without MPI.</param>
/// <param name="Rank">Number of this rank.</param>
/// <param name="Size">Number of ranks; 0 if unknown.</param>
public sealed record Launcher(string Name, IReadOnlyList<MpiFamily> Families, int Rank, int Size)
{
    /// <summary>Names an MPI library, or is <c>off</c>: then each process runs independently, even under a launcher.</summary>
    public const string Variable = "GPU_CTR_MPI";

    /// <summary>The launcher of this process; null if it runs alone.</summary>
    public static Launcher? Current { get; } = Of(Environment.GetEnvironmentVariable);

    /// <summary>Makes .NET write no control sequences: Open MPI gives every rank its own terminal and merges their output into one stream.</summary>
    /// <remarks>To be called before anything is written.</remarks>
    public void LeaveTerminal() => Environment.SetEnvironmentVariable("TERM", "dumb");

    /// <summary>The launcher of an environment; null without one.</summary>
    /// <param name="variable">The value of a variable; null if it is not set.</param>
    public static Launcher? Of(Func<string, string?> variable)
    {
        if (variable(Variable) is "off")
            return null;
        int Number(string name) => int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
        bool slurm = Number("SLURM_STEP_ID") >= 0;
        int Count(string name) => Math.Max(0, Number(name));
        int tasks = Count("SLURM_STEP_NUM_TASKS");
        return (Number("OMPI_COMM_WORLD_RANK"), Number("PMI_RANK"), Number("PMIX_RANK"), Number("SLURM_PROCID")) switch
        {
            (var rank and >= 0, _, _, _) => new("mpirun of Open MPI", [MpiFamily.OpenMpi], rank, Count("OMPI_COMM_WORLD_SIZE")),
            // srun serves both families; mpiexec of MPICH may itself start its helpers with srun.
            (_, var rank and >= 0, _, _) when slurm => new("srun with PMI", [MpiFamily.Mpich, MpiFamily.OpenMpi], rank, Count("PMI_SIZE")),
            (_, var rank and >= 0, _, _) => new("mpiexec of MPICH, Intel MPI or MS-MPI", [MpiFamily.Mpich], rank, Count("PMI_SIZE")),
            (_, _, var rank and >= 0, _) => new(slurm ? "srun with PMIx" : "a launcher with PMIx", [MpiFamily.OpenMpi, MpiFamily.Mpich], rank, tasks),
            (_, _, _, var rank and >= 0) when slurm && tasks > 1 => new("srun without MPI", [], rank, tasks),
            _ => null,
        };
    }
}
